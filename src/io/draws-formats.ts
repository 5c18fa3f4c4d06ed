/** The file formats that draws are written in; `nc`: netCDF, as ArviZ reads it. */
export const drawsFormats = ['parquet', 'csv', 'npz', 'nc'] as const;
export type DrawsFormat = (typeof drawsFormats)[number];
