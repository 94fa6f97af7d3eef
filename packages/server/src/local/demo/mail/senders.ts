/** Who writes several of the demo mailbox's messages, the demo user among them. */
import { demoAddress } from '../raw-message.ts'

export const me = `Sam Demo <${demoAddress}>`
export const nora = 'Nora Lindqvist <nora@harborlight.example>'
export const tomas = 'Tomás Řezníček <tomas@harborlight.example>'
export const priya = 'Priya Raman <priya@northwind-travel.example>'
export const mum = 'Helen Demo <helen@family.example>'
