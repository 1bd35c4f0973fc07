/**
 * Tells many seeds of a story one after another (`--seeds=1-100`, or one), for what takes too long for the suite; the process ends
 * with 1 where one failed.
 * @param tell tells one and answers how it went, in words; what it logs is shown of one that fails
 */
export async function tellSeeds(
  tell: (seed: number, log: (line: string) => void) => Promise<string>,
): Promise<never> {
  const given =
    process.argv.find(argument => argument.startsWith('--seeds='))?.slice('--seeds='.length) ?? '1-100'
  const [first, last] = given.split('-').map(Number) as [number, number | undefined]
  let failed = 0
  for (let seed = first; seed <= (last ?? first); seed++) {
    const story: string[] = []
    try {
      console.log(`seed ${seed}: ${await tell(seed, line => story.push(line))}`)
    } catch (error) {
      failed++
      console.log(
        `seed ${seed}: FAILED, replay with --seeds=${seed}: ${(error as Error).message}\n${story.join('\n')}`,
      )
    }
  }
  console.log(failed === 0 ? 'every seed held' : `${failed} seeds failed`)
  process.exit(failed === 0 ? 0 : 1)
}
