/** Lets one draw where and when to search; the fields beside say the same in numbers. */

import { brushTime } from './search/brush-time.ts'
import { drawArea } from './search/draw-area.ts'

for (const section of document.querySelectorAll<HTMLElement>('[data-area]')) drawArea(section)
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-time]')) brushTime(form)
