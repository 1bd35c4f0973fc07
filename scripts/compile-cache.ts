/** Whatever is started from here on finds its code compiled the second time: loading it is most of what a start costs. */
import { fileURLToPath } from 'node:url'

process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
