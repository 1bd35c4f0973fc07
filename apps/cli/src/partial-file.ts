import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { FrostError } from '@frost/client/errors'

interface Note {
  /** Of what is being written: another request never goes on with this file. */
  readonly key: string
  /** Bytes that are whole, and how far they go in the source (rows, or bytes). */
  readonly bytes: number
  readonly done: number
}

const NOTE_EVERY_MILLISECONDS = 1000

export interface PartialFileOptions {
  /** Replaces a file that is there. */
  readonly force?: boolean
  /** Milliseconds between two notes. */
  readonly noteEvery?: number
}

/**
 * A file that grows as `FILE.part`, with a note beside it of how far it is whole, and takes its name when it is complete: whoever
 * reads the name reads all of it, and what was interrupted goes on from the note.
 */
export class PartialFile {
  readonly path: string
  /** How far the source is in the file already. */
  readonly done: number
  readonly #key: string
  readonly #file: FileHandle
  #bytes: number
  readonly #noteEvery: number
  #noted = 0

  private constructor(path: string, key: string, file: FileHandle, note: Note, noteEvery: number) {
    this.#noteEvery = noteEvery
    this.path = path
    this.#key = key
    this.#file = file
    this.#bytes = note.bytes
    this.done = note.done
  }

  /**
   * @param what everything that decides what the file will hold
   * @throws FrostError `Exists` where the file is there already and may not be replaced
   */
  static async begin(
    path: string,
    what: unknown,
    { force = false, noteEvery = NOTE_EVERY_MILLISECONDS }: PartialFileOptions = {},
  ): Promise<PartialFile> {
    if (!force && (await stat(path).catch(() => undefined)))
      throw new FrostError('Exists', `'${path}' exists already: give another name with -o, or --force`)
    const key = createHash('sha256').update(JSON.stringify(what)).digest('hex')
    const note = await readNote(path, key)
    const file = await open(`${path}.part`, note.bytes > 0 ? 'r+' : 'w')
    await file.truncate(note.bytes)
    return new PartialFile(path, key, file, note, noteEvery)
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes, 0, bytes.length, this.#bytes)
    this.#bytes += bytes.length
  }

  /** Says that what is written so far is the source as far as `done`; noted the first time, and then now and then. */
  async checkpoint(done: number): Promise<void> {
    if (done === this.done || Date.now() - this.#noted < this.#noteEvery) return
    this.#noted = Date.now()
    await this.#note(done)
  }

  /** Ends where it is; what is noted can be gone on with. */
  async interrupt(): Promise<void> {
    await this.#file.close()
  }

  /** Gives the file its name. */
  async finish(): Promise<number> {
    await this.#file.sync()
    await this.#file.close()
    await rename(`${this.path}.part`, this.path)
    await rm(`${this.path}.part.json`, { force: true })
    return this.#bytes
  }

  /** What is noted is on the disk before the note is. */
  async #note(done: number): Promise<void> {
    await this.#file.datasync()
    const note: Note = { key: this.#key, bytes: this.#bytes, done }
    await writeFile(`${this.path}.part.json~`, JSON.stringify(note))
    await rename(`${this.path}.part.json~`, `${this.path}.part.json`)
  }
}

async function readNote(path: string, key: string): Promise<Note> {
  const none: Note = { key, bytes: 0, done: 0 }
  try {
    const note = JSON.parse(await readFile(`${path}.part.json`, 'utf8')) as Note
    const { size } = await stat(`${path}.part`)
    return note.key === key && size >= note.bytes ? note : none
  } catch {
    return none
  }
}
