/** Who acts in the scenario: real accounts of the network in a box, each with a folder of their own for sessions and keys. */
import { join } from 'node:path'
import { AppView } from '@frost/client/appview'
import type { LookupOptions } from '@frost/client/lookup'
import { Repository } from '@frost/client/repository'
import { loginWithPassword, type Session } from '@frost/client/session'
import { type Settings, settingsFromEnv } from '@frost/client/settings'
import type { Service } from '../network/service.ts'

export interface Account {
  readonly did: string
  readonly handle: string
  readonly password: string
  readonly pds: string
}

/** Somebody who acts: signed in, with the AppView of the platform that they use. */
export class Player {
  readonly name: string
  readonly account: Account
  readonly settings: Settings
  #session: Session

  private constructor(name: string, account: Account, settings: Settings, session: Session) {
    this.name = name
    this.account = account
    this.settings = settings
    this.#session = session
  }

  static async enter(
    network: Service,
    { name, label, pds }: { name: string; label: string; pds: string },
    { folder, appviewUrl, env }: { folder: string; appviewUrl: string; env: NodeJS.ProcessEnv },
  ): Promise<Player> {
    const account = await network.ask<Account>('account', label, pds)
    const settings = settingsFromEnv({ appview: appviewUrl }, { ...env, FROST_CONFIG: join(folder, label) })
    const session = await loginWithPassword(account.did, account.password, settings)
    return new Player(name, account, settings, session)
  }

  get did(): string {
    return this.account.did
  }

  get session(): Session {
    return this.#session
  }

  get repository(): Repository {
    return new Repository(this.#session)
  }

  get lookup(): LookupOptions {
    const { settings, session } = this
    return { settings, self: session.account, appview: new AppView(settings.appviewUrl) }
  }

  /** The same person, signed in where their account lives now, and reading another platform. */
  async again(password: string, appviewUrl: string): Promise<Player> {
    const settings = { ...this.settings, appviewUrl }
    const session = await loginWithPassword(this.did, password, settings)
    return new Player(this.name, { ...this.account, password, pds: session.account.pds }, settings, session)
  }
}
