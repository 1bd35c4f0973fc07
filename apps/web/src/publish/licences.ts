export interface Licence {
  /** SPDX identifier. */
  readonly id: string
  readonly words: string
}

/** Licences that data is given out under, those first that most recommend. https://spdx.org/licenses */
export const LICENCES: readonly Licence[] = [
  { id: 'CC-BY-4.0', words: 'any use, naming you' },
  { id: 'CC0-1.0', words: 'any use, without conditions' },
  { id: 'CC-BY-SA-4.0', words: 'any use, naming you, what is made from it under the same terms' },
  { id: 'CC-BY-NC-4.0', words: 'no commercial use, naming you' },
  { id: 'CC-BY-NC-SA-4.0', words: 'no commercial use, the same terms' },
  { id: 'CC-BY-ND-4.0', words: 'no changed copies, naming you' },
  { id: 'CC-BY-NC-ND-4.0', words: 'no commercial use, no changed copies' },
  { id: 'ODC-By-1.0', words: 'databases: any use, naming you' },
  { id: 'ODbL-1.0', words: 'databases: any use, the same terms' },
  { id: 'PDDL-1.0', words: 'databases: public domain' },
  { id: 'OGL-UK-3.0', words: 'Open Government Licence, United Kingdom' },
  { id: 'OGL-Canada-2.0', words: 'Open Government Licence, Canada' },
  { id: 'etalab-2.0', words: 'Licence Ouverte, France' },
  { id: 'DL-DE-BY-2.0', words: 'Datenlizenz Deutschland, naming the source' },
  { id: 'CDLA-Permissive-2.0', words: 'Community Data License, permissive' },
  { id: 'MIT', words: 'any use, keeping the notice' },
  { id: 'Apache-2.0', words: 'any use, with a grant of patents' },
]
