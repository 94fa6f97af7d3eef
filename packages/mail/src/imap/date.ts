/** A day as SEARCH takes it. */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 9051 §9, date. `day` is YYYY-MM-DD. */
export function toImapDate(day: string): string {
  const [year = '', month = '', date = ''] = day.split('-')
  return `${Number(date)}-${months[Number(month) - 1]}-${year}`
}
