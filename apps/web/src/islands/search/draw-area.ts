type Corner = readonly [longitude: number, latitude: number]

const SIDES = ['west', 'south', 'east', 'north'] as const
const HINTS = {
  box: 'Drag a box over the map.',
  polygon: 'Click the corners; click the first again, or press Done, to search. Escape begins anew.',
}
/** Pixels: a click nearer to the first corner closes the polygon; a shorter drag is no box. */
const NEAR = 10
const SVG = 'http://www.w3.org/2000/svg'

/** A box by dragging, a polygon by its corners: both go into the fields of the form, which is then sent. */
export function drawArea(section: HTMLElement): void {
  const form = section.querySelector('form')
  const map = section.querySelector<SVGSVGElement>('[data-map] svg')
  const hint = section.querySelector<HTMLElement>('[data-hint]')
  const done = section.querySelector<HTMLButtonElement>('[data-done]')
  const modes = [...section.querySelectorAll<HTMLInputElement>('[data-mode]')]
  if (!form || !map || !hint || !done) return
  const { width, height } = map.viewBox.baseVal
  // Fine enough for the picture, short in the address.
  const digits =
    10 ** Math.max(0, Math.min(2, Math.ceil(Math.log10(map.getBoundingClientRect().width / 360)) + 1))
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement
  const sketch = document.createElementNS(SVG, 'path')
  sketch.setAttribute('class', 'extent sketch')

  let corners: Corner[] = []
  let start: Corner | undefined
  const isBox = () => modes.find(({ checked }) => checked)?.dataset.mode === 'box'

  const at = (event: PointerEvent): Corner => {
    const { left, top, width, height } = map.getBoundingClientRect()
    const share = (value: number) => Math.min(1, Math.max(0, value))
    const round = (degrees: number) => Math.round(degrees * digits) / digits
    return [
      round(share((event.clientX - left) / width) * 360 - 180),
      round(90 - share((event.clientY - top) / height) * 180),
    ]
  }
  const pixels = ([a, b]: Corner, [c, d]: Corner) => {
    const scale = map.getBoundingClientRect().width / 360
    return Math.hypot(a - c, b - d) * scale
  }
  const draw = (ring: readonly Corner[], isClosed: boolean): void => {
    for (const old of map.querySelectorAll('.extent:not(.sketch), .dot')) old.remove()
    map.append(sketch)
    const points = ring.map(([x, y]) => `${((x + 180) / 360) * width} ${((90 - y) / 180) * height}`)
    sketch.setAttribute('d', points.length > 0 ? `M${points.join('L')}${isClosed ? 'Z' : ''}` : '')
  }
  const boxOf = ([a, b]: Corner, [c, d]: Corner) => ({
    west: Math.min(a, c),
    south: Math.min(b, d),
    east: Math.max(a, c),
    north: Math.max(b, d),
  })
  const clear = (): void => {
    corners = []
    start = undefined
    done.disabled = true
    draw([], false)
  }
  const finish = (): void => {
    if (corners.length < 3) return
    for (const side of SIDES) field(side).value = ''
    field('polygon').value = corners.flat().join(',')
    form.requestSubmit()
  }

  map.addEventListener('pointerdown', event => {
    if (event.button !== 0) return
    event.preventDefault()
    const here = at(event)
    if (isBox()) {
      start = here
      map.setPointerCapture(event.pointerId)
    } else if (corners.length > 2 && pixels(here, corners[0]!) < NEAR) finish()
    else {
      corners.push(here)
      done.disabled = corners.length < 3
      draw(corners, false)
      hint.textContent = corners.length < 3 ? HINTS.polygon : `${corners.length} corners. ${HINTS.polygon}`
    }
  })
  map.addEventListener('pointermove', event => {
    if (start) {
      const { west, south, east, north } = boxOf(start, at(event))
      draw(
        [
          [west, south],
          [east, south],
          [east, north],
          [west, north],
        ],
        true,
      )
    } else if (corners.length > 0) draw([...corners, at(event)], false)
  })
  map.addEventListener('pointerup', event => {
    if (!start) return
    const from = start
    const to = at(event)
    start = undefined
    if (pixels(from, to) < NEAR) return clear()
    const box = boxOf(from, to)
    for (const side of SIDES) field(side).value = String(box[side])
    field('polygon').value = ''
    form.requestSubmit()
  })
  map.addEventListener('pointercancel', clear)
  section.addEventListener('keydown', event => {
    if (event.key === 'Escape') clear()
  })
  done.addEventListener('click', finish)
  for (const mode of modes)
    mode.addEventListener('change', () => {
      clear()
      hint.textContent = HINTS[isBox() ? 'box' : 'polygon']
    })
}
