export function show(origin: string, behind: string): void
