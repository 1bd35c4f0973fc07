export { type AppView, startAppview } from './appview.ts'
export { type AppViewConfig, configFromEnv } from './config.ts'
