/** For a function too small to load a schema library: environment variables that must be there, all faults at once. */

export function requiredVariables<Name extends string>(...names: Name[]): Record<Name, string> {
  const missing = names.filter((name) => (process.env[name] ?? '') === '')
  if (missing.length > 0) throw new Error(`Missing: ${missing.join(', ')}`)
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? ''])) as Record<Name, string>
}
