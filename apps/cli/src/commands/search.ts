import { UsageError } from '@frost/client/errors'
import type { Command } from 'commander'
import { action, gather } from '../context.ts'
import { type NoticeView, noticeLine } from '../notice-text.ts'
import { shortened, styled, terminalWidth } from '../text.ts'

interface Options {
  format?: string[]
  license?: string[]
  model?: string[]
  keyword?: string[]
  variable?: string[]
  publisher?: string
  creator?: string[]
  polygon?: string
  bbox?: string
  from?: string
  until?: string
  sort?: string
  limit: string
  cursor?: string
}

const SORTS = ['relevance', 'newest', 'most-used']

export function configure(command: Command): void {
  command
    .argument('[query...]', 'words to look for; any of them may occur, more and rarer ones count more')
    .description('Find datasets by words, format, licence, variable, place and time.')
    .option('--format <format>', 'data format, such as zarr; may be repeated', gather(','))
    .option('--license <license>', 'licence by SPDX id, such as CC-BY-4.0; may be repeated', gather(','))
    .option('--model <model>', 'data model: array, table or file; may be repeated', gather(','))
    .option('--keyword <keyword>', 'subject or keyword; may be repeated', gather())
    .option(
      '--variable <variable>',
      'name or standard name of a variable or column; may be repeated',
      gather(','),
    )
    .option('--publisher <handle>', 'handle or DID of the account')
    .option('--creator <name>', 'person or organisation that made the data; may be repeated', gather())
    .option('--bbox <W,S,E,N>', 'box in degrees that the data touches')
    .option('--polygon <lon,lat,…>', 'corners of an area in degrees that the data touches')
    .option('--from <time>', 'data from this time on, ISO 8601')
    .option('--until <time>', 'data up to this time, ISO 8601')
    .option('--sort <order>', `one of ${SORTS.join(', ')}`, 'relevance')
    .option('-n, --limit <number>', 'how many results', '20')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .addHelpText(
      'after',
      `
The query may hold "a phrase", -word, field:value and -field:value. Fields: format, license, model, keyword, variable,
publisher, author, title, year, published, access and price; cc-by* begins a value, 1990..2020 and >=2001-06 are times; access:open
finds what anybody may read, has:offer what is sold or given, price:free and price:paid for how much.

Examples:
  $ frost search 'sst license:cc-by* year:1990..2020 -format:csv'
  $ frost search "sea surface temperature" --format zarr
  $ frost search precipitation --bbox -20,-35,55,38 --from 2000 --license CC-BY-4.0 -n 5
  $ frost search --variable air_temperature --json`,
    )
    .action(async (...received: unknown[]) => {
      const words = received[0] as string[]
      await action<Options>(async ({ settings, output }, options) => {
        const { AppView } = await import('@frost/client/appview')
        const answer = await new AppView(settings.appviewUrl).searchEntries({
          q: words.join(' ') || undefined,
          format: options.format,
          license: options.license,
          model: options.model,
          keyword: options.keyword?.map(keyword => keyword.toLowerCase()),
          variable: options.variable,
          publisher: options.publisher?.replace(/^@/, '') as never,
          bbox: options.bbox === undefined ? undefined : await checkedBox(options.bbox),
          creator: options.creator,
          polygon: options.polygon,
          from: options.from,
          until: options.until,
          sort: options.sort,
          limit: limitFrom(options.limit),
          cursor: options.cursor,
        })
        output.result(answer, ({ entries, total, cursor, didYouMean }) => {
          const meant = didYouMean ? `Did you mean: ${didYouMean}` : undefined
          if (entries.length === 0)
            return ['Nothing was found: try fewer filters or other words', meant].filter(Boolean).join('\n')
          const lines = entries.map(entry => entryLines(entry as never))
          const shown = total > entries.length ? `${entries.length} of ${total}` : `${total}`
          const more = cursor ? styled('dim', `   more: --cursor ${cursor}`) : ''
          const meantLine = meant ? `\n${styled('dim', meant)}` : ''
          return `${lines.join('\n\n')}\n\n${styled('dim', `${shown} found`)}${more}${meantLine}`
        })
      })(...received.slice(1))
    })
}

interface EntryView {
  uri: string
  author: { did: string; handle?: string }
  record: {
    title: string
    description?: string
    distributions?: { format?: string }[]
    rights?: { spdx?: string; name?: string }[]
  }
  notices?: readonly NoticeView[]
}

/** A result in a few lines: title, reference with format and licence, what its owner warns of, the beginning of the description. */
export function entryLines({ uri, author, record, notices = [] }: EntryView): string {
  const slug = uri.slice(uri.lastIndexOf('/') + 1)
  const formats = [...new Set((record.distributions ?? []).flatMap(({ format }) => (format ? [format] : [])))]
  const license = record.rights?.[0]?.spdx ?? record.rights?.[0]?.name
  const facts = [`${author.handle ?? author.did}/${slug}`, formats.slice(0, 4).join(' '), license].filter(
    Boolean,
  )
  const columns = terminalWidth()
  return [
    styled('bold', shortened(record.title, columns)),
    `  ${styled('cyan', facts[0]!)}${facts.length > 1 ? styled('dim', `  ${facts.slice(1).join('  ')}`) : ''}`,
    ...notices.map(notice => `  ${styled('yellow', shortened(noticeLine(notice), columns - 2))}`),
    ...(record.description ? [`  ${shortened(record.description, columns - 2)}`] : []),
  ].join('\n')
}

async function checkedBox(text: string): Promise<string> {
  const { bboxFrom } = await import('@frost/client/entry-fields')
  bboxFrom(text)
  return text
}

/** A number of results from 1 to 100. */
export function limitFrom(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit
  throw new UsageError(`--limit is '${text}': give a whole number from 1 to 100, and use --cursor for more`)
}
