/** The people of several accounts as one list: each of them once. */
import type { Person } from '@email-connector/mail'

export function mergePeople(lists: readonly (readonly Person[])[]): Person[] {
  const [only, ...others] = lists
  if (only !== undefined && others.length === 0) return [...only]
  const byAddress = new Map<string, Person>()
  for (const person of lists.flat()) {
    const key = person.address.toLowerCase()
    const known = byAddress.get(key)
    byAddress.set(key, known === undefined ? person : joined(known, person))
  }
  return [...byAddress.values()].sort((a, b) => b.score - a.score || b.last - a.last)
}

function joined(a: Person, b: Person): Person {
  const later = b.last > a.last ? b : a
  const name = later.name ?? a.name ?? b.name
  return {
    address: a.address,
    ...(name === undefined ? {} : { name }),
    sent: a.sent + b.sent,
    received: a.received + b.received,
    last: later.last,
    score: a.score + b.score,
  }
}
