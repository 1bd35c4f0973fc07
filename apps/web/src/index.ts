export { configFromEnv, type WebConfig } from './config.ts'
