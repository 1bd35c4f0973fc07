/** What the site needs to know; all of it may come from the environment. */
export interface WebConfig {
  readonly host: string
  readonly port: number
  /** Origin of the AppView that it reads. */
  readonly appviewUrl: string
  /** Origin of the gateway that previews and exports data; browsers ask it too. */
  readonly gatewayUrl: string
  /** Origin at which people reach the site. */
  readonly publicUrl: string
}

export function configFromEnv(env: NodeJS.ProcessEnv = process.env): WebConfig {
  const host = env.FROST_HOST || '127.0.0.1'
  const port = Number(env.FROST_PORT || 4180)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`FROST_PORT is '${env.FROST_PORT}': give a port between 0 and 65535, such as 4180`)
  }
  return {
    host,
    port,
    appviewUrl: env.FROST_APPVIEW_URL || `http://127.0.0.1:${env.FROST_APPVIEW_PORT || 4181}`,
    gatewayUrl: env.FROST_GATEWAY_URL || `http://127.0.0.1:${env.FROST_GATEWAY_PORT || 4182}`,
    publicUrl: env.FROST_PUBLIC_URL || `http://${host}:${port}`,
  }
}
