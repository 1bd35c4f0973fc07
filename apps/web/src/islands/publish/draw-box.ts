const SIDES = ['west', 'south', 'east', 'north'] as const
type Box = Record<(typeof SIDES)[number], number>

/** Lets one draw the box on the map, and shows there what one writes. */
export function drawBox(form: HTMLFormElement, changed: () => void): void {
  const place = form.querySelector<HTMLElement>('[data-map]')
  const map = place?.querySelector<SVGSVGElement>('svg')
  if (!place || !map) return
  form.querySelector<HTMLElement>('[data-map-hint]')?.removeAttribute('hidden')
  place.classList.add('drawable')
  const field = (side: (typeof SIDES)[number]) => form.elements.namedItem(side) as HTMLInputElement
  const { width, height } = map.viewBox.baseVal

  const show = (): void => {
    for (const old of map.querySelectorAll('.extent, .dot')) old.remove()
    const texts = SIDES.map(side => field(side).value.trim())
    const [west, south, east, north] = texts.map(Number) as [number, number, number, number]
    if (texts.includes('') || ![west, south, east, north].every(Number.isFinite)) return
    const parts =
      west <= east
        ? [[west, east]]
        : [
            [west, 180],
            [-180, east],
          ]
    for (const [left, right] of parts as [number, number][]) {
      const rectangle = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
      const x = ((left + 180) / 360) * width
      const y = ((90 - north) / 180) * height
      rectangle.setAttribute('class', 'extent')
      rectangle.setAttribute('x', String(x))
      rectangle.setAttribute('y', String(y))
      rectangle.setAttribute('width', String(Math.max(2, ((right + 180) / 360) * width - x)))
      rectangle.setAttribute('height', String(Math.max(2, ((90 - south) / 180) * height - y)))
      map.append(rectangle)
    }
  }
  const write = (box: Box): void => {
    for (const side of SIDES) field(side).value = String(box[side])
    show()
  }
  const at = (event: PointerEvent): { longitude: number; latitude: number } => {
    const { left, top, width, height } = map.getBoundingClientRect()
    const share = (value: number) => Math.min(1, Math.max(0, value))
    return {
      longitude: Math.round(share((event.clientX - left) / width) * 360 - 180),
      latitude: Math.round(90 - share((event.clientY - top) / height) * 180),
    }
  }

  let start: ReturnType<typeof at> | undefined
  map.addEventListener('pointerdown', event => {
    if (event.button !== 0) return
    start = at(event)
    map.setPointerCapture(event.pointerId)
    event.preventDefault()
  })
  map.addEventListener('pointermove', event => {
    if (!start) return
    const { longitude, latitude } = at(event)
    write({
      west: Math.min(start.longitude, longitude),
      east: Math.max(start.longitude, longitude),
      south: Math.min(start.latitude, latitude),
      north: Math.max(start.latitude, latitude),
    })
  })
  const end = (): void => {
    if (start) changed()
    start = undefined
  }
  map.addEventListener('pointerup', end)
  map.addEventListener('pointercancel', end)
  for (const side of SIDES) field(side).addEventListener('input', show)
}
