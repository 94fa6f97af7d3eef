/** The fields of limits on sending, the same for a mailbox and for a whole connection. */
import { type Html, html } from './html.ts'
import { areaField, checkField, choiceFields, lineField, type OwnerForm } from './owner-form.ts'

export function limitFields(form: OwnerForm): Html {
  const numeric = html` class="short" inputmode="numeric" autocomplete="off"`
  return html`${choiceFields(form, {
    name: 'recipients',
    legend: 'To whom',
    choices: [
      { value: 'anyone', title: 'Anyone', text: 'No limit.' },
      {
        value: 'known',
        title: 'People already written to',
        text: 'Only addresses that an email in the Sent folder went to.',
      },
      {
        value: 'own_domain',
        title: 'Your own domain',
        text: 'Only addresses at the domain of this mailbox.',
      },
      { value: 'listed', title: 'The addresses and domains below', text: 'Nobody else.' },
    ],
  })}
${areaField(form, {
  name: 'listed',
  label: 'Addresses and domains',
  rows: 3,
  hint: 'One a line, such as bob@example.com or example.com. They count only with the last choice above.',
})}
${lineField(form, {
  name: 'new_recipients',
  label: 'New recipients a day',
  hint: 'People this app has not written to before. Empty: no limit.',
  attributes: numeric,
})}
${lineField(form, {
  name: 'sends',
  label: 'Emails an hour',
  hint: 'Empty: no limit. Other apps that use this mailbox count too.',
  attributes: numeric,
})}
${checkField(form, {
  name: 'no_attachments',
  title: 'No attachments',
  text: 'What goes out carries no files, forwarded ones included.',
})}`
}
