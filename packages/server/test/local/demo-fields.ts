/** What a newcomer types to see the demo mailbox. */
export const demoFields = {
  provider: 'demo',
  address: 'demo@mail.example',
  password: 'look-around',
  permission: 'send',
  ask: 'never',
}
