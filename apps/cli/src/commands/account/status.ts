import type { Standing } from '@frost/client/account/standing'
import type { Command } from 'commander'
import { action, type Context } from '../../context.ts'
import { fields, styled } from '../../text.ts'

export function configureStatus(command: Command): void {
  command
    .summary('say who could get an account back if its host were gone')
    .argument('[account]', 'handle or DID of anybody; the account that is signed in where left out')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nExamples:\n  $ frost account status\n  $ frost account status ada.example.org --json',
    )
    .action(action(status))
}

async function status(context: Context, _options: unknown, name?: string): Promise<void> {
  const { output, settings } = context
  const { AccountStore } = await import('@frost/client/accounts')
  const { accountStanding } = await import('@frost/client/account/standing')
  const account = name ?? (await new AccountStore(settings.configDir).get(context.account)).did
  const standing = await accountStanding(account, settings)
  output.result({ ...standing, verdict: verdict(standing) }, () => text(standing))
}

function text(standing: Standing): string {
  const { did, handle, pds, atPds, rotationKeys, hostKeys, ownKey, contested, backup, underWay } = standing
  return [
    `${styled('bold', handle ?? did)}  ${verdict(standing)}`,
    fields([
      ['DID', did],
      ['Home', pds ? `${pds} (${atPds})` : 'the DID names none'],
      ...rotationKeys.map(
        (key, at) =>
          [
            `Key ${at + 1}`,
            key === ownKey?.key
              ? `${key} (yours: ${ownKey.path})`
              : `${key}${hostKeys?.includes(key) ? " (the host's)" : ''}`,
          ] as const,
      ),
      ['Changed', contested && `${contested.at}; a more powerful key can undo it until ${contested.until}`],
      [
        'Backup',
        backup ? `revision ${backup.rev}, looked at ${backup.checkedAt}: ${backup.folder}` : 'none here',
      ],
      ['Under way', underWay && `${underWay.kind} to ${underWay.to}: give that command again`],
    ]),
  ].join('\n')
}

/** What it comes to, in one sentence. */
function verdict({ recoverable, pds, until, did, backup, hostKeys }: Standing): string {
  const copy = backup ? '' : ' You need a copy of the repository too: frost account backup.'
  switch (recoverable) {
    case 'held':
      return `You can get this account back without its host: the key is here.${copy}`
    case 'undoable':
      return `Somebody changed the DID against your key, which comes first: undo it before ${until} with frost account recover.`
    case 'elsewhere':
      return hostKeys
        ? "A key that is not the host's may change this account, and is not on this machine: whoever holds it can get the account back without its host."
        : 'More than one key may change this account, and none of them is on this machine. Whether one is yours cannot be told from outside, since many hosts list two of their own: if none is, the account is lost with its host. Make a key of your own: frost account key.'
    case 'host':
      return `Nobody but ${pds ?? 'whoever holds its one key'} can change this account: if that host is lost, so is the account. Make a key of your own: frost account key.`
    case 'nobody':
      return 'The DID was given up, and no key that could undo that is on this machine.'
    case 'domain':
      return `Whoever has the domain of ${did} decides: it can be pointed to another host at any time.${copy}`
  }
}
