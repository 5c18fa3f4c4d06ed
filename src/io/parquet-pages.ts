/**
 * The pages of one column of one row group, through hyparquet's decoders: one page at a time, so that a column is
 * never there twice. Source: the Parquet format's documents on pages, encodings and definition levels.
 */
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { convert, convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js';
import { readPlain } from 'hyparquet/src/plain.js';

export interface PageOptions {
  readonly compressors: Compressors;
  /** The root of the schema and the column's own element. */
  readonly schemaPath: readonly SchemaTree[];
}

/**
 * The values of each data page, in order, with undefined for nulls.
 * @param bytes the column's own, whose page headers were checked
 * @param rows rows of the row group
 * @throws Error where a page is not as its header says
 */
export function* decodedPages(
  bytes: Uint8Array,
  chunk: ColumnMetaData,
  rows: number,
  { compressors, schemaPath }: PageOptions,
): Generator<DecodedArray> {
  const { element } = schemaPath[schemaPath.length - 1];
  const decoder = {
    pathInSchema: chunk.path_in_schema,
    element,
    schemaPath: [...schemaPath],
    type: chunk.type,
    codec: chunk.codec,
    compressors,
    parsers: {
      ...DEFAULT_PARSERS,
      jsonFromBytes: (text: Uint8Array | undefined) => text && new TextDecoder().decode(text),
    },
  };
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let dictionary: DecodedArray | undefined;
  for (let done = 0; done < rows && reader.offset < bytes.length; ) {
    const header = parquetHeader(reader);
    const packed = bytes.subarray(reader.offset, reader.offset + header.compressed_page_size);
    reader.offset += header.compressed_page_size;
    const unpack = (): Uint8Array =>
      decompressPage(packed, Number(header.uncompressed_page_size), chunk.codec, compressors);
    if (header.type === 'DICTIONARY_PAGE') {
      const count = header.dictionary_page_header?.num_values ?? 0;
      const page = unpack();
      const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
      const plain = readPlain({ view, offset: 0 }, chunk.type, count, element.type_length);
      dictionary = convert(plain, decoder);
      continue;
    }
    const v1 = header.type === 'DATA_PAGE' ? header.data_page_header : undefined;
    const v2 = header.type === 'DATA_PAGE_V2' ? header.data_page_header_v2 : undefined;
    const encoding = v1?.encoding ?? v2?.encoding;
    if (encoding === undefined) throw new Error(`it has a page of type ${header.type}`);
    const { definitionLevels, dataPage } = v1
      ? readDataPage(unpack(), v1, decoder)
      : readDataPageV2(packed, header, decoder);
    const values = convertWithDictionary(dataPage, dictionary, encoding, decoder);
    const count = valuesOf(header);
    if (values.length > count) throw new Error(`a page of ${count} values holds ${values.length}`);
    yield definitionLevels?.length ? withNulls(values, definitionLevels) : values;
    done += count;
  }
}

/** What a page's header says of its number of values; 0 for pages of no data. */
export const valuesOf = (page: PageHeader): number =>
  page.data_page_header?.num_values ?? page.data_page_header_v2?.num_values ?? 0;

/** A value where the level says that there is one. */
function withNulls(values: DecodedArray, levels: readonly number[]): unknown[] {
  let next = 0;
  return Array.from(levels, (level) => (level > 0 ? values[next++] : undefined));
}
