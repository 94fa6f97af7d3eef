/** What may go out through a connection: whether its owner is asked, and limits. For the first mailbox's owner. */
import { html } from './html.ts'
import { limitFields } from './limit-fields.ts'
import { checkField, choiceFields, type OwnerForm, ownerFormPage } from './owner-form.ts'
import { askTexts } from './permission-texts.ts'

export function sendingPage(form: OwnerForm & { readonly mailboxes: number }): Response {
  const { clientName } = form
  const choice = (value: 'ask' | 'always' | 'never') => ({
    ...{ value, title: askTexts[value].title },
    text: askTexts[value].text(clientName),
  })
  return ownerFormPage(form, {
    title: 'What may go out',
    lead: html`How <b><bdi>${clientName}</bdi></b> sends email${
      form.mailboxes > 1 && `, for all ${form.mailboxes} mailboxes of this connection`
    }.`,
    save: 'sending',
    body: html`<section class="card">
${choiceFields(form, { name: 'ask', legend: 'Before an email goes out', choices: [choice('ask'), choice('always'), choice('never')] })}
${checkField(form, {
  name: 'trust',
  title: 'Trust this app’s own question',
  text: 'With “Only I send”: your yes in the app counts as well. Tick it only if you know that the app shows you each question itself.',
})}
</section>
<section class="card">
<h2>Limits</h2>
<p class="soft">This server holds to them, whatever the app is told to do.</p>
${limitFields(form)}
</section>`,
  })
}
