/** What the owner's forms behind a proved login have in common: the frame, the way back, and fields that keep what was typed. */
import { type Html, html } from './html.ts'
import { errorSummary } from './mailbox-fields.ts'
import { toPageResponse } from './page.ts'

export interface OwnerForm {
  readonly proof: string
  readonly grantId: string
  readonly clientName: string
  /** The proved mailbox. */
  readonly address: string
  /** Of the stored settings that this form changes. */
  readonly version: number
  /** What is stored, or what was typed, by the names of the fields. */
  readonly values: Readonly<Record<string, string>>
  readonly faults: readonly { readonly field: string; readonly message: string }[]
  readonly notice?: Html
  readonly status?: number
}

export function ownerFormPage(
  form: OwnerForm,
  page: { readonly title: string; readonly lead: Html; readonly save: string; readonly body: Html },
): Response {
  return toPageResponse({
    title: form.faults.length > 0 ? 'Please check the form' : page.title,
    status: form.status ?? 200,
    body: html`<div class="hero">
<h1>${page.title}</h1>
<p class="lead">${page.lead}</p>
</div>
${form.faults.length > 0 && errorSummary(form.faults)}
${form.notice}
<form class="narrow" method="post" action="/oauth/connections" novalidate data-once>
<input type="hidden" name="proof" value="${form.proof}">
<input type="hidden" name="grant" value="${form.grantId}">
<input type="hidden" name="version" value="${form.version}">
${page.body}
<div class="actions">
<button type="submit" name="save" value="${page.save}" data-busy="Saving…">Save</button>
<button type="submit" class="quiet" name="list" value="yes">Back to your connections</button>
</div>
</form>`,
  })
}

/** Where a page is about something that cannot be shown. */
export function ownerStoppedPage(stopped: {
  readonly proof: string
  readonly title: string
  readonly text: string
  readonly status: number
}): Response {
  return toPageResponse({
    title: stopped.title,
    status: stopped.status,
    body: html`<div class="hero">
<section class="card">
<h1>${stopped.title}</h1>
<p class="lead">${stopped.text}</p>
${backForm(stopped.proof)}
</section>
</div>`,
  })
}

export function backForm(proof: string): Html {
  return html`<form method="post" action="/oauth/connections" data-once>
<input type="hidden" name="proof" value="${proof}">
<div class="actions"><button type="submit" class="quiet" name="list" value="yes">Back to your connections</button></div>
</form>`
}

export function note(text: Html, tone: '' | 'warn' = ''): Html {
  return html`<div class="note ${tone}" role="status" tabindex="-1" autofocus>
<p>${text}</p>
</div>`
}

interface Field {
  readonly name: string
  readonly label: string
  readonly hint?: Html | string
}

function frame(form: OwnerForm, { name, label, hint }: Field, control: (attributes: Html) => Html): Html {
  const fault = form.faults.find(({ field }) => field === name)?.message
  const described = [hint !== undefined && `${name}-hint`, fault !== undefined && `${name}-fault`].filter(
    Boolean,
  )
  const attributes = html` id="${name}" name="${name}"${fault !== undefined && html` aria-invalid="true"`}${
    described.length > 0 && html` aria-describedby="${described.join(' ')}"`
  }`
  return html`<div class="field">
<label class="text" for="${name}">${label}</label>
${control(attributes)}${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}${
  fault !== undefined && html`<p class="fault" id="${name}-fault">${fault}</p>`
}</div>`
}

export function lineField(form: OwnerForm, field: Field & { readonly attributes?: Html }): Html {
  return frame(
    form,
    field,
    (attributes) =>
      html`<input type="text"${attributes} value="${form.values[field.name]}"${field.attributes}>`,
  )
}

export function areaField(
  form: OwnerForm,
  field: Field & { readonly rows: number; readonly isCode?: boolean },
): Html {
  // A line feed right after the tag is not part of the text.
  return frame(
    form,
    field,
    (attributes) =>
      html`<textarea${attributes} rows="${field.rows}" spellcheck="false"${field.isCode === true && html` class="code"`}>
${form.values[field.name]}</textarea>`,
  )
}

export function selectField(
  form: OwnerForm,
  field: Field & { readonly options: readonly (readonly [value: string, label: string])[] },
): Html {
  return frame(
    form,
    field,
    (attributes) =>
      html`<select${attributes}>${field.options.map(
        ([value, label]) =>
          html`<option value="${value}"${(form.values[field.name] ?? '') === value && html` selected`}>${label}</option>`,
      )}</select>`,
  )
}

export function choiceFields(
  form: OwnerForm,
  field: {
    readonly name: string
    readonly legend: string
    readonly choices: readonly { readonly value: string; readonly title: string; readonly text: string }[]
  },
): Html {
  const { name, legend, choices } = field
  const fault = form.faults.find((one) => one.field === name)?.message
  return html`<fieldset id="${name}" tabindex="-1"${fault !== undefined && html` aria-invalid="true" aria-describedby="${name}-fault"`}><legend>${legend}</legend>
${choices.map(
  ({ value, title, text }) =>
    html`<label class="choice"><input type="radio" name="${name}" value="${value}"${
      form.values[name] === value && html` checked`
    }><span><b>${title}</b><small>${text}</small></span></label>`,
)}${fault !== undefined && html`<p class="fault" id="${name}-fault">${fault}</p>`}</fieldset>`
}

export function checkField(
  form: OwnerForm,
  { name, title, text }: { readonly name: string; readonly title: string; readonly text: string },
): Html {
  return html`<label class="choice"><input type="checkbox" name="${name}" value="on"${
    form.values[name] !== undefined && html` checked`
  }><span><b>${title}</b><small>${text}</small></span></label>`
}
