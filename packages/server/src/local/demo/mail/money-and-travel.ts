/** Invoices, a bank, and a journey whose plan changes. */
import type { DemoMessage } from '../raw-message.ts'
import { priya } from './senders.ts'

export const moneyAndTravel: readonly DemoMessage[] = [
  // Money.
  {
    key: 'invoice-3104',
    from: 'Billing <billing@cloudpantry.example>',
    subject: 'Invoice CP-3104 for October',
    hoursAgo: 30,
    // No text beside the HTML: the embedded server has no source of a multipart inside another, hence no preview.
    html: '<p>Your invoice <b>CP-3104</b> over <b>EUR 248.20</b> is attached.</p><p>Due on 30 November. It will be charged to the card ending in 4417.</p><p><a href="https://billing.cloudpantry.example/i/3104?utm_source=mail&amp;token=abc">See the invoice online</a></p>',
    attachments: [
      {
        filename: 'CP-3104.html',
        contentType: 'text/html',
        content:
          '<h1>Invoice CP-3104</h1><table><tr><th>Item</th><th>EUR</th></tr><tr><td>Storage, 1.2 TB</td><td>96.00</td></tr><tr><td>Requests</td><td>112.57</td></tr><tr><td>VAT 19 %</td><td>39.63</td></tr><tr><td>Total</td><td>248.20</td></tr></table>',
      },
    ],
  },
  {
    key: 'invoice-2987',
    mailbox: 'Archive',
    from: 'Billing <billing@cloudpantry.example>',
    subject: 'Invoice CP-2987 for September',
    hoursAgo: 760,
    flags: ['\\Seen'],
    text: 'Your invoice CP-2987 over EUR 231.05 was paid. Thank you.',
  },
  {
    key: 'bank-note',
    from: 'Harbour Bank <notice@harbourbank.example>',
    subject: 'Your November statement is ready',
    hoursAgo: 20,
    html: '<html><head><style>.pre{display:none}</style></head><body><span class="pre">Statement ready</span><img src="https://track.harbourbank.example/open.gif?u=991" width="1" height="1"><h2>Your statement is ready</h2><p>Balance on 20 November: <b>EUR 4,102.77</b></p><p><a href="https://www.harbourbank.example/login">Open online banking</a></p></body></html>',
  },
  // Travel.
  {
    key: 'trip-1',
    from: priya,
    subject: 'Lisbon, 2-5 December: your itinerary',
    hoursAgo: 100,
    flags: ['\\Seen', '\\Flagged', 'Travel'],
    text: 'Dear Sam,\n\noutbound  2 Dec  TP 571  BER 11:05  LIS 13:55\nreturn    5 Dec  TP 570  LIS 17:40  BER 22:15\nHotel     Casa do Rio, 3 nights, breakfast included\nBooking   QX7L2M\n\nThe calendar file is attached. Check-in opens 36 hours before departure.\n\nPriya Raman\nNorthwind Travel',
    attachments: [
      {
        filename: 'lisbon.ics',
        contentType: 'text/calendar',
        content:
          'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Northwind//EN\r\nBEGIN:VEVENT\r\nUID:qx7l2m-1\r\nDTSTART:20261202T100500Z\r\nDTEND:20261202T135500Z\r\nSUMMARY:TP 571 BER-LIS\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n',
      },
    ],
  },
  {
    key: 'trip-2',
    from: priya,
    subject: 'Re: Lisbon, 2-5 December: your itinerary',
    hoursAgo: 44,
    inReplyTo: 'trip-1',
    references: ['trip-1'],
    text: 'One change: the return flight now leaves at 18:10 instead of 17:40. No action needed unless you have a connection.',
  },
]
