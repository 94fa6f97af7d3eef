/** The audit as CSV: every cell is text to a spreadsheet, and none breaks out of its line. */
import { expect, test } from 'vitest'
import { toAuditCsv } from '../../src/accounts/audit-csv.ts'

const at = Date.UTC(2026, 10, 27, 9, 30) / 1000

test('R94: a line an entry, with the app’s name, and none for content', () => {
  const csv = toAuditCsv('Claude', [
    { at, tool: 'get_email', outcome: 'ok', count: 2 },
    { at, tool: 'send_email', outcome: 'failed', code: 'recipient_refused' },
    { at, tool: 'move_email' },
  ])
  expect(csv.split('\r\n')).toEqual([
    'time,app,tool,outcome,error,emails',
    '2026-11-27T09:30:00.000Z,Claude,get_email,ok,,2',
    '2026-11-27T09:30:00.000Z,Claude,send_email,failed,recipient_refused,',
    '2026-11-27T09:30:00.000Z,Claude,move_email,not finished,,',
    '',
  ])
})

test.each([
  ['=cmd|calc', "'=cmd|calc"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1', "' =1"],
  ['\t=1', "'\t=1"],
  ['＝1', "'＝1"],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['a "b", c', '"a ""b"", c"'],
  ['a\r\n=1', '"a\r\n=1"'],
])('R46: an app that is called %j starts no formula and no line', (name, cell) => {
  const [, ...lines] = toAuditCsv(name, [{ at, tool: 'get_email' }]).split('2026-11-27T09:30:00.000Z,')
  expect(lines).toEqual([`${cell},get_email,not finished,,\r\n`])
})
