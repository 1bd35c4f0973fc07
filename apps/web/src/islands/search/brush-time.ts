/** Pixels that a drag must go to be one. */
const NEAR = 4

/** Years by dragging over the histogram, or by a click on one bar: they go into the fields, and the form is sent. */
export function brushTime(form: HTMLFormElement): void {
  const picture = form.querySelector<SVGSVGElement>('svg.timeline')
  if (!picture) return
  const { first = '', last = '', years = '1' } = picture.dataset
  const [begin, end, step] = [Number(first), Number(last), Number(years)]
  const { width, height } = picture.viewBox.baseVal
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement
  const brush = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  brush.setAttribute('class', 'chosen')
  brush.setAttribute('height', String(height))
  picture.classList.add('brushable')

  const share = (event: PointerEvent) => {
    const { left, width } = picture.getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - left) / width))
  }
  /** First and last year, whole bars. */
  const span = (from: number, to: number): [number, number] => {
    const bars = (end - begin) / step
    const low = Math.min(bars - 1, Math.floor(Math.min(from, to) * bars))
    const high = Math.max(low, Math.ceil(Math.max(from, to) * bars) - 1)
    return [begin + low * step, begin + (high + 1) * step - 1]
  }
  let start: { share: number; x: number } | undefined
  picture.addEventListener('pointerdown', event => {
    if (event.button !== 0) return
    event.preventDefault()
    start = { share: share(event), x: event.clientX }
    picture.setPointerCapture(event.pointerId)
    for (const old of picture.querySelectorAll('.chosen')) old.remove()
    picture.append(brush)
  })
  picture.addEventListener('pointermove', event => {
    if (!start) return
    const [low, high] = span(start.share, share(event))
    brush.setAttribute('x', String(((low - begin) / (end - begin)) * width))
    brush.setAttribute('width', String(((high + 1 - low) / (end - begin)) * width))
    field('from').value = String(low)
    field('until').value = String(high)
  })
  picture.addEventListener('pointerup', event => {
    if (!start) return
    const to = Math.abs(event.clientX - start.x) < NEAR ? start.share : share(event)
    const [low, high] = span(start.share, to)
    start = undefined
    field('from').value = String(low)
    field('until').value = String(high)
    form.requestSubmit()
  })
  picture.addEventListener('pointercancel', () => {
    start = undefined
    brush.remove()
  })
}
