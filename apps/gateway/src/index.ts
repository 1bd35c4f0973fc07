export { configFromEnv, type GatewayConfig } from './config.ts'
export { type Gateway, startGateway } from './gateway.ts'
