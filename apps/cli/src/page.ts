/** The site's page of a dataset, at the reference by which people know it. */
export function pageOf(
  site: string,
  owner: { readonly did: string; readonly handle?: string },
  slug: string,
): string {
  return `${site}/d/${owner.handle ?? owner.did}/${encodeURIComponent(slug)}`
}
