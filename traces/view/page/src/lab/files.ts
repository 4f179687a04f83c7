// The files that the commands read and write in a page: folders in memory, as Go's runtime asks for them through the
// functions of Node's fs that call back.

/** FileError is what is wrong with a file, by the code that Node and Go have for it. */
export class FileError extends Error {
  constructor(readonly code: string, path: string) {
    super(`${code}: ${path}`);
  }
}

interface File {
  kind: "file";
  id: number;
  mode: number;
  bytes: Uint8Array; // its capacity: the first `size` of them count
  size: number;
  version: number; // grows with each change
}

interface Folder {
  kind: "folder";
  id: number; // tells it from all others
  mode: number;
  entries: Map<string, Entry>;
}

type Entry = File | Folder;

interface Open {
  entry: Entry;
  path: string;
  at: number; // where the next read or write begins
  flags: number;
}

/** Contents are files by their paths, or null for those that are gone. */
export type Contents = Record<string, Uint8Array<ArrayBuffer> | null>;

/** Snapshot is what there was, to find what has changed since. */
export type Snapshot = Map<string, { file: File; version: number }>;

const constants = {
  O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 0o100, O_EXCL: 0o200, O_TRUNC: 0o1000, O_APPEND: 0o2000,
  O_DIRECTORY: 0o200000,
} as const;

const folderType = 0o040000, fileType = 0o100000, permissions = 0o777;

/** The functions of fs that Files has; all others fail with ENOSYS. */
const known = [
  "open", "close", "read", "write", "fstat", "stat", "lstat", "mkdir", "readdir", "rename", "unlink", "rmdir", "fsync",
  "truncate", "ftruncate", "chmod", "fchmod", "chown", "fchown", "lchown", "utimes", "readlink",
] as const;
const unknown = ["link", "symlink"] as const;

/** Files is a file system in memory. Relative paths begin at its root, which is the working folder, too. */
export class Files {
  private made = 0;
  private readonly root = this.folder(0o755);
  private readonly opened = new Map<number, Open>();
  private printed = "";
  private readonly decoder = new TextDecoder();

  /** put writes a file, with the folders around it. */
  put(path: string, bytes: Uint8Array): void {
    let folder = this.root;
    const names = split(path);
    const last = names.pop();
    if (last === undefined) throw new FileError("EISDIR", path);
    for (const name of names) {
      let next = folder.entries.get(name);
      if (!next) folder.entries.set(name, next = this.folder(0o755));
      if (next.kind === "file") throw new FileError("ENOTDIR", path);
      folder = next;
    }
    folder.entries.set(last, this.fresh(0o644, bytes.slice()));
  }

  /** snapshot notes what there is. */
  snapshot(): Snapshot {
    const all: Snapshot = new Map();
    for (const [path, file] of walk(this.root, "")) all.set(path, { file, version: file.version });
    return all;
  }

  /** since returns what has changed since a snapshot. */
  since(before: Snapshot): Contents {
    const changed: Contents = {}, now = this.snapshot();
    for (const [path, { file, version }] of now) {
      const old = before.get(path);
      if (old?.file === file && old.version === version) continue;
      changed[path] = new Uint8Array(file.bytes.subarray(0, file.size));
    }
    for (const path of before.keys()) if (!now.has(path)) changed[path] = null;
    return changed;
  }

  /** said returns what was printed since it was last asked, as a program that dies does. */
  said(): string {
    const all = this.printed;
    this.printed = "";
    return all;
  }

  /** say adds to what was written to standard error. */
  say(text: string): void { this.printed += text; }

  /** node returns what Go takes for Node's fs. */
  node(): Record<string, unknown> {
    const fs: Record<string, unknown> = {
      constants,
      writeSync: (_fd: number, bytes: Uint8Array) => this.print(bytes),
    };
    for (const name of known) {
      const method = this[name].bind(this) as (...args: unknown[]) => unknown;
      fs[name] = (...args: unknown[]) => answer(args, method);
    }
    for (const name of unknown) {
      fs[name] = (...args: unknown[]) => answer(args, () => { throw new FileError("ENOSYS", name); });
    }
    return fs;
  }

  open(path: string, flags: number, mode: number): number {
    const { folder, name } = this.parent(path);
    let entry = name === "" ? folder : folder.entries.get(name);
    const writes = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
    if (entry && flags & constants.O_CREAT && flags & constants.O_EXCL) throw new FileError("EEXIST", path);
    if (entry?.kind === "folder" && writes) throw new FileError("EISDIR", path);
    if (entry?.kind === "file" && flags & constants.O_DIRECTORY) throw new FileError("ENOTDIR", path);
    if (!entry) {
      if (!(flags & constants.O_CREAT)) throw new FileError("ENOENT", path);
      entry = this.fresh(mode, new Uint8Array(0));
      folder.entries.set(name, entry);
    }
    if (entry.kind === "file" && flags & constants.O_TRUNC && writes) resize(entry, 0);
    let fd = 3;
    while (this.opened.has(fd)) fd++;
    this.opened.set(fd, { entry, path, at: 0, flags });
    return fd;
  }

  close(fd: number): void {
    if (!this.opened.delete(fd)) throw new FileError("EBADF", String(fd));
  }

  read(fd: number, into: Uint8Array, offset: number, length: number, position: number | null): number {
    const o = this.file(fd), from = position ?? o.at;
    const bytes = o.entry.bytes.subarray(from, Math.max(from, Math.min(from + length, o.entry.size)));
    into.set(bytes, offset);
    if (position === null) o.at += bytes.length;
    return bytes.length;
  }

  write(fd: number, from: Uint8Array, offset: number, length: number, position: number | null): number {
    const bytes = from.subarray(offset, offset + length);
    if (fd === 1 || fd === 2) return this.print(bytes);
    const o = this.file(fd);
    if (!(o.flags & (constants.O_WRONLY | constants.O_RDWR))) throw new FileError("EBADF", o.path);
    const at = o.flags & constants.O_APPEND ? o.entry.size : position ?? o.at;
    if (at + length > o.entry.size) resize(o.entry, at + length);
    o.entry.bytes.set(bytes, at);
    o.entry.version++;
    if (position === null) o.at = at + length;
    return length;
  }

  fstat(fd: number): Stat { return new Stat(this.handle(fd).entry); }
  stat(path: string): Stat { return new Stat(this.find(path)); }
  lstat(path: string): Stat { return this.stat(path); }

  mkdir(path: string, mode: number): void {
    const { folder, name } = this.parent(path);
    if (name === "" || folder.entries.has(name)) throw new FileError("EEXIST", path);
    folder.entries.set(name, this.folder(mode));
  }

  readdir(path: string): string[] {
    const entry = this.find(path);
    if (entry.kind === "file") throw new FileError("ENOTDIR", path);
    return [...entry.entries.keys()].sort();
  }

  rename(from: string, to: string): void {
    const source = this.parent(from), target = this.parent(to);
    const entry = source.folder.entries.get(source.name), there = target.folder.entries.get(target.name);
    if (!entry) throw new FileError("ENOENT", from);
    if (entry === there) return;
    if (entry.kind === "folder" && within(entry, target.folder)) throw new FileError("EINVAL", to);
    if (there?.kind === "folder") {
      if (entry.kind === "file") throw new FileError("EISDIR", to);
      if (there.entries.size > 0) throw new FileError("ENOTEMPTY", to);
    } else if (there && entry.kind === "folder") throw new FileError("ENOTDIR", to);
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, entry);
  }

  unlink(path: string): void {
    const { folder, name } = this.parent(path);
    if (this.find(path).kind === "folder") throw new FileError("EISDIR", path);
    folder.entries.delete(name);
  }

  rmdir(path: string): void {
    const { folder, name } = this.parent(path), entry = this.find(path);
    if (entry.kind === "file") throw new FileError("ENOTDIR", path);
    if (entry.entries.size > 0) throw new FileError("ENOTEMPTY", path);
    folder.entries.delete(name);
  }

  fsync(fd: number): void { this.handle(fd); }

  truncate(path: string, size: number): void {
    const entry = this.find(path);
    if (entry.kind === "folder") throw new FileError("EISDIR", path);
    resize(entry, size);
  }

  ftruncate(fd: number, size: number): void { resize(this.file(fd).entry, size); }
  chmod(path: string, mode: number): void { this.find(path).mode = mode & permissions; }
  fchmod(fd: number, mode: number): void { this.handle(fd).entry.mode = mode & permissions; }
  chown(path: string): void { this.find(path); }
  fchown(fd: number): void { this.handle(fd); }
  lchown(path: string): void { this.find(path); }
  utimes(path: string): void { this.find(path); }

  readlink(path: string): string {
    this.find(path);
    throw new FileError("EINVAL", path); // there are no links
  }

  private fresh(mode: number, bytes: Uint8Array): File {
    return { kind: "file", id: ++this.made, mode: mode & permissions, bytes, size: bytes.length, version: 1 };
  }

  private folder(mode: number): Folder {
    return { kind: "folder", id: ++this.made, mode: mode & permissions, entries: new Map() };
  }

  private print(bytes: Uint8Array): number {
    this.printed += this.decoder.decode(bytes, { stream: true });
    return bytes.length;
  }

  private handle(fd: number): Open {
    const o = this.opened.get(fd);
    if (!o) throw new FileError("EBADF", String(fd));
    return o;
  }

  private file(fd: number): Open & { entry: File } {
    const o = this.handle(fd);
    if (o.entry.kind === "folder") throw new FileError("EISDIR", o.path);
    return o as Open & { entry: File };
  }

  private find(path: string): Entry {
    const { folder, name } = this.parent(path);
    const entry = name === "" ? folder : folder.entries.get(name);
    if (!entry) throw new FileError("ENOENT", path);
    return entry;
  }

  /** parent returns the folder that a path is in, and its name there, which is empty for the root. */
  private parent(path: string): { folder: Folder; name: string } {
    const names = split(path), name = names.pop() ?? "";
    let folder = this.root;
    for (const each of names) {
      const next = folder.entries.get(each);
      if (!next) throw new FileError("ENOENT", path);
      if (next.kind === "file") throw new FileError("ENOTDIR", path);
      folder = next;
    }
    return { folder, name };
  }
}

/** Stat is what Go reads of a file. */
class Stat {
  readonly dev = 0; readonly ino: number; readonly nlink = 1; readonly uid = 0; readonly gid = 0; readonly rdev = 0;
  readonly blksize = 4096; readonly blocks: number; readonly size: number; readonly mode: number;
  readonly atimeMs = 0; readonly mtimeMs = 0; readonly ctimeMs = 0;

  constructor(private readonly entry: Entry) {
    this.ino = entry.id;
    this.size = entry.kind === "file" ? entry.size : 0;
    this.blocks = Math.ceil(this.size / 512);
    this.mode = entry.mode | (entry.kind === "file" ? fileType : folderType);
  }

  isDirectory(): boolean { return this.entry.kind === "folder"; }
}

/** answer calls back with what a function returns, or with what is wrong. */
function answer(args: unknown[], method: (...args: unknown[]) => unknown): void {
  const callback = args.pop() as (error: FileError | null, value?: unknown) => void;
  let value: unknown;
  try {
    value = method(...args);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    callback(error);
    return;
  }
  callback(null, value);
}

/** resize makes a file as long as wanted, with zeros at its end; its capacity doubles, so that appending is cheap. */
function resize(file: File, size: number): void {
  if (size > file.bytes.length) {
    const larger = new Uint8Array(Math.max(size, 2 * file.bytes.length, 1024));
    larger.set(file.bytes.subarray(0, file.size));
    file.bytes = larger;
  } else if (size < file.size) file.bytes.fill(0, size, file.size);
  file.size = size;
  file.version++;
}

function split(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

function within(outer: Folder, folder: Folder): boolean {
  return outer === folder ||
    [...outer.entries.values()].some((each) => each.kind === "folder" && within(each, folder));
}

function* walk(folder: Folder, prefix: string): Generator<[string, File]> {
  for (const [name, entry] of folder.entries) {
    if (entry.kind === "file") yield [prefix + name, entry];
    else yield* walk(entry, `${prefix}${name}/`);
  }
}
