import type { Command } from 'commander'

/** One command of `frost`: what the overview says of it, and the file that sets it up when it is called. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<{ configure(command: Command): void }>
}

export const commands: readonly CommandEntry[] = [
  { name: 'login', summary: 'sign in to an account', load: () => import('./commands/login.ts') },
  { name: 'whoami', summary: 'show the accounts signed in here', load: () => import('./commands/whoami.ts') },
  { name: 'logout', summary: 'sign out and revoke the session', load: () => import('./commands/logout.ts') },
  { name: 'search', summary: 'find datasets', load: () => import('./commands/search.ts') },
  { name: 'show', summary: 'show one dataset or account', load: () => import('./commands/show.ts') },
  {
    name: 'resolve',
    summary: 'find what a DOI, URL, handle/slug or at-uri stands for',
    load: () => import('./commands/resolve.ts'),
  },
  {
    name: 'versions',
    summary: 'list the versions of a dataset',
    load: () => import('./commands/versions.ts'),
  },
  {
    name: 'diff',
    summary: 'show what differs between two states of a dataset',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'lineage',
    summary: 'show what a dataset was made from and what was made from it',
    load: () => import('./commands/lineage.ts'),
  },
  {
    name: 'impact',
    summary: 'list what must be made anew when a dataset changes',
    load: () => import('./commands/impact.ts'),
  },
  { name: 'cite', summary: 'print a citation', load: () => import('./commands/cite.ts') },
  {
    name: 'citations',
    summary: 'list who cites a dataset, or say that something does',
    load: () => import('./commands/citations.ts'),
  },
  { name: 'doi', summary: 'register DOIs with DataCite', load: () => import('./commands/doi.ts') },
  {
    name: 'describe',
    summary: 'describe data where it lies',
    load: () => import('./commands/describe.ts'),
  },
  {
    name: 'preview',
    summary: 'look at a part of the data: rows, a map, a curve',
    load: () => import('./commands/preview.ts'),
  },
  {
    name: 'get',
    summary: 'stream data out in the format you prefer',
    load: () => import('./commands/get.ts'),
  },
  {
    name: 'publish',
    summary: 'describe a dataset in your repository',
    load: () => import('./commands/publish.ts'),
  },
  { name: 'edit', summary: 'change a dataset you have published', load: () => import('./commands/edit.ts') },
  {
    name: 'unpublish',
    summary: 'delete a dataset from your repository',
    load: () => import('./commands/unpublish.ts'),
  },
  {
    name: 'release',
    summary: 'publish a version: a pinned, citable state',
    load: () => import('./commands/release.ts'),
  },
  {
    name: 'head',
    summary: 'move the head of living data to its newest snapshot',
    load: () => import('./commands/head.ts'),
  },
  {
    name: 'notice',
    summary: 'say that a dataset or version is deprecated, retracted, moved …',
    load: () => import('./commands/notice.ts'),
  },
  {
    name: 'mirror',
    summary: 'announce a copy of a dataset elsewhere',
    load: () => import('./commands/mirror.ts'),
  },
  {
    name: 'verify',
    summary: 'hold the copies of a dataset against each other',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'follow',
    summary: 'follow an account, dataset, collection or search',
    load: () => import('./commands/follow.ts'),
  },
  { name: 'unfollow', summary: 'stop following', load: () => import('./commands/unfollow.ts') },
  {
    name: 'feed',
    summary: 'read what happened to what you follow',
    load: () => import('./commands/feed.ts'),
  },
  {
    name: 'notifications',
    summary: 'read what concerns you',
    load: () => import('./commands/notifications.ts'),
  },
  {
    name: 'comment',
    summary: 'comment on a dataset, version, issue or comment',
    load: () => import('./commands/comment.ts'),
  },
  {
    name: 'issue',
    summary: 'report an issue, close it, or list the issues of a dataset',
    load: () => import('./commands/issue.ts'),
  },
  {
    name: 'correct',
    summary: 'propose a correction, accept or decline one',
    load: () => import('./commands/correct.ts'),
  },
  {
    name: 'acknowledge',
    summary: 'confirm or dispute what somebody says of you',
    load: () => import('./commands/acknowledge.ts'),
  },
  {
    name: 'endorse',
    summary: 'say that a dataset is useful, was reproduced …',
    load: () => import('./commands/endorse.ts'),
  },
  { name: 'mute', summary: 'hear no more of an account', load: () => import('./commands/mute.ts') },
  {
    name: 'watch',
    summary: 'run a command whenever datasets change',
    load: () => import('./commands/watch.ts'),
  },
  {
    name: 'webhook',
    summary: 'have updates sent to an address of yours',
    load: () => import('./commands/webhook.ts'),
  },
  {
    name: 'pipeline',
    summary: 'make a dataset anew when what it is made from changes',
    load: () => import('./commands/pipeline.ts'),
  },
  {
    name: 'import',
    summary: 'carry another catalogue into repositories',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'export',
    summary: 'describe datasets in the form of another catalogue',
    load: () => import('./commands/export.ts'),
  },
  {
    name: 'account',
    summary: 'back up, move or recover an account',
    load: () => import('./commands/account.ts'),
  },
  {
    name: 'proof',
    summary: 'write or check a proof that a record was in its repository',
    load: () => import('./commands/proof.ts'),
  },
  {
    name: 'audit',
    summary: 'compare two AppViews, and both with the repositories',
    load: () => import('./commands/audit.ts'),
  },
  {
    name: 'network',
    summary: 'run a whole network on this machine',
    load: () => import('./commands/network.ts'),
  },
  { name: 'appview', summary: 'run an AppView alone', load: () => import('./commands/appview.ts') },
  { name: 'gateway', summary: 'run a gateway alone', load: () => import('./commands/gateway.ts') },
  {
    name: 'index',
    summary: 'rebuild or check the index of an AppView',
    load: () => import('./commands/index-command.ts'),
  },
]
