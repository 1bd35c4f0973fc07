import type { FC } from 'hono/jsx'

/** Where one can go from everywhere. */
const PLACES: readonly (readonly [path: string, name: string])[] = [
  ['/search', 'Browse'],
  ['/people', 'Publishers'],
  ['/publish', 'Publish'],
  ['/about', 'About'],
]

/** Links to the places of the site: side by side in the header, one below the other in its menu. */
export const PlaceLinks: FC<{ inMenu?: boolean }> = ({ inMenu }) => {
  const links = PLACES.map(([path, name]) => <a href={path}>{name}</a>)
  if (!inMenu) return links
  return (
    <ul class="plain places">
      {links.map(link => (
        <li>{link}</li>
      ))}
    </ul>
  )
}
