/** A request goes to the addresses that a policy has checked: nothing looks the name up a second time (R33). */
import { isIP, type LookupFunction } from 'node:net'

export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const checked = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, { all }, answer) =>
    all === true ? answer(null, checked) : answer(null, checked[0]?.address ?? '', checked[0]?.family)
}
