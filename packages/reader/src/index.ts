export {
  type Comparison,
  type Copy,
  compareBudget,
  type Evidence,
  type OpenCopyOptions,
  openCopy,
} from './compare.ts'
export type { ArrayDataset, Dataset, TableDataset } from './dataset.ts'
export { ReaderError, type ReaderErrorCode } from './errors.ts'
export type { Format, OpenOptions, Probe } from './format.ts'
export { FORMATS } from './formats.ts'
export { type LocationOptions, openObjects } from './location.ts'
export type * from './model.ts'
export { localObjects } from './objects/local.ts'
export type { Budget, Cost, Meter, Objects, Ranged, ReadOptions } from './objects.ts'
export { DESCRIBE_BUDGET, PREVIEW_BUDGET } from './objects.ts'
export { type OpenDatasetOptions, type OpenedDataset, openDataset } from './open.ts'
export { COLOUR_MAPS, type ColourScale, colourScaleOf } from './picture/colour-map.ts'
export { encodePng, type Raster } from './picture/png.ts'
export { type Picture, type PictureOptions, pictureOf, pngOf } from './picture/raster.ts'
export { printable, type TerminalOptions, terminalText } from './picture/terminal.ts'
export type * from './preview.ts'
export { recognise } from './recognise.ts'
export { parseSelection } from './selection/parse.ts'
export type { SelectionRequest } from './selection/request.ts'
export { parseWhere } from './selection/where.ts'
export type * from './stream.ts'
export { exportFormats, fileScratch, MEMORY_SCRATCH_BYTES, memoryScratch } from './stream.ts'
