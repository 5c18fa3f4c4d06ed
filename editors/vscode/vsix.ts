/** A VSIX package (Open Packaging Conventions): a zip of the extension with a manifest for VS Code's own store. */
import { strToU8, zipSync } from 'fflate';

/** As much of an extension's `package.json` as the package repeats. */
export interface Manifest {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly version: string;
  readonly publisher: string;
  readonly license: string;
  readonly icon: string;
  readonly engines: { readonly vscode: string };
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
}

const contentTypes: Readonly<Record<string, string>> = {
  cjs: 'application/javascript',
  json: 'application/json',
  md: 'text/markdown',
  png: 'image/png',
  txt: 'text/plain',
  vsixmanifest: 'text/xml',
};

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);

const extensionOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

function typesText(paths: readonly string[]): string {
  const used = [...new Set([...paths, 'extension.vsixmanifest'].map(extensionOf))].sort();
  const rows = used.map((e) => {
    const type = contentTypes[e];
    if (type === undefined) throw new Error(`the package has no type for files that end in .${e}`);
    return `  <Default Extension=".${e}" ContentType="${type}"/>`;
  });
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">',
    ...rows,
    '</Types>\n',
  ].join('\n');
}

function manifestText(m: Manifest): string {
  const asset = (type: string, path: string): string =>
    `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${path}" Addressable="true"/>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="${escaped(m.name)}" Version="${escaped(m.version)}" Publisher="${escaped(m.publisher)}"/>
    <DisplayName>${escaped(m.displayName)}</DisplayName>
    <Description xml:space="preserve">${escaped(m.description)}</Description>
    <Tags>${escaped([...m.keywords, '__ext_energy'].join(','))}</Tags>
    <Categories>${escaped(m.categories.join(','))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${escaped(m.engines.vscode)}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/${escaped(m.icon)}</Icon>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
${[
  asset('Code.Manifest', 'package.json'),
  asset('Services.Content.Details', 'README.md'),
  asset('Services.Content.License', 'LICENSE.txt'),
  asset('Services.Icons.Default', m.icon),
].join('\n')}
  </Assets>
</PackageManifest>
`;
}

/**
 * The bytes of the package; the same files make the same bytes.
 * @param files of the extension, by path
 */
export function vsix(manifest: Manifest, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const paths = [...files.keys()].sort();
  const entries: Record<string, Uint8Array> = {
    'extension.vsixmanifest': strToU8(manifestText(manifest)),
    '[Content_Types].xml': strToU8(typesText(paths)),
  };
  for (const path of paths) entries[`extension/${path}`] = files.get(path)!;
  // Zip has no time before 1980, and no zone: this is the same everywhere.
  return zipSync(entries, { level: 9, mtime: new Date(1980, 0, 1) });
}
