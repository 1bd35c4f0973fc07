export { awsOpenData } from './aws-open-data.ts'
export { type CatalogItem, type RecordJson, type SourceDocument, Unusable } from './item.ts'
