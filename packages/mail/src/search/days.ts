/** The days of a search: as people write them, and as moments in the owner's time zone. */

/** YYYY-MM-DD, or the reason why it is none. `today` is YYYY-MM-DD, for words such as yesterday. */
export function toDay(value: string, today: string): string | { readonly fault: string } {
  const word = value.toLowerCase()
  if (word === 'today') return today
  if (word === 'yesterday') return addDays(today, -1)
  if (word === 'tomorrow') return addDays(today, 1)
  const whole = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[Tt ]\d.{0,40})?)?)?$/.exec(value)
  if (whole) return checked(whole[1], whole[2] ?? '1', whole[3] ?? '1')
  // Seconds or milliseconds since 1970, as Gmail takes them.
  if (/^\d{9,10}$/.test(value)) return new Date(Number(value) * 1000).toISOString().slice(0, 10)
  if (/^\d{12,13}$/.test(value)) return new Date(Number(value)).toISOString().slice(0, 10)
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(value)
  if (dotted) return checked(dotted[3], dotted[2], dotted[1])
  const slashed = /^(\d{1,2})[-/](\d{1,2})[-/](\d{4})$/.exec(value)
  if (slashed) {
    const [, first = '', second = '', year] = slashed
    if (Number(first) > 12) return checked(year, second, first)
    if (Number(second) > 12 || first === second) return checked(year, first, second)
    return { fault: `${value} can be two days, write it as YYYY-MM-DD` }
  }
  return { fault: 'takes a day as YYYY-MM-DD' }
}

function checked(year = '', month = '', date = ''): string | { readonly fault: string } {
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const parsed = new Date(`${day}T00:00:00Z`)
  // A Date takes 31 February for 3 March.
  if (Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== day) {
    return { fault: `${day} is no day of the calendar` }
  }
  return day
}

export function addDays(day: string, days: number): string {
  const moment = new Date(`${day}T00:00:00Z`)
  moment.setUTCDate(moment.getUTCDate() + days)
  return toIsoDay(moment)
}

/** The same day of an earlier month or year; the 31st becomes the last day of a shorter month. */
export function addMonths(day: string, months: number): string {
  const moment = new Date(`${day}T00:00:00Z`)
  const date = moment.getUTCDate()
  moment.setUTCDate(1)
  moment.setUTCMonth(moment.getUTCMonth() + months)
  const last = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + 1, 0)).getUTCDate()
  moment.setUTCDate(Math.min(date, last))
  return toIsoDay(moment)
}

function toIsoDay(moment: Date): string {
  return moment.toISOString().slice(0, 10)
}

/** The day of a moment in a time zone (an IANA name). */
export function dayIn(moment: Date, timeZone: string): string {
  const parts = formatIn(timeZone).formatToParts(moment)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`
}

/** The first moment of a day in a time zone, in seconds since 1970. */
export function startOfDay(day: string, timeZone: string): number {
  const earliest = new Date(`${addDays(day, -1)}T00:00:00Z`).getTime() / 1000
  // Days start between 14 hours before and 12 hours after they do in UTC; clocks change by quarters of an hour.
  let low = earliest / 900
  let high = low + 3 * 96
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (dayIn(new Date(middle * 900_000), timeZone) < day) low = middle + 1
    else high = middle
  }
  return low * 900
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const options = {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    calendar: 'iso8601',
  } as const
  const made = new Intl.DateTimeFormat('en-CA', options)
  // There are some 600 zones; a call names one.
  formats.set(timeZone, made)
  return made
}
