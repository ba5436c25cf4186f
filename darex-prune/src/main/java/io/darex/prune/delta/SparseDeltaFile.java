package io.darex.prune.delta;

import io.darex.prune.NonFiniteException;
import io.darex.prune.Provenance;
import io.darex.prune.SideFile;
import io.darex.prune.SparseDelta;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.MappedFile;
import io.darex.prune.file.Sha256;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.Digests;
import io.darex.prune.mask.Masks;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.ByteTensor;
import io.darex.prune.tensor.Finiteness;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A sparse delta as a file, version 2: a safetensors file of the kept values of all tensors, what
 * says where they belong, a table of the tensors, and those carried whole; all else is its
 * metadata. docs/FORMAT.md describes every byte. Values stay in the file until they are read.
 */
public final class SparseDeltaFile {
  /** The version written, and the only one read. */
  public static final String VERSION = "2";

  /** Stands for the digest until there is one. */
  private static final String PLACEHOLDER = "0".repeat(64);

  private final Safetensors file;
  private final DeltaFileReader.Found found;

  private SparseDeltaFile(Safetensors file, DeltaFileReader.Found found) {
    this.file = file;
    this.found = found;
  }

  /**
   * Writes {@code delta} with a digest, on all processors.
   *
   * @see #write(Path, SparseDelta, boolean, WriteOptions)
   */
  public static void write(Path path, SparseDelta delta, boolean force) throws IOException {
    write(path, delta, true, WriteOptions.defaults().withForce(force));
  }

  /**
   * Writes {@code delta} as it is read, block by block; the same delta gives the same bytes.
   *
   * @param digest whether the file gets a digest, by which {@link #verify} finds any change
   * @throws java.nio.file.FileAlreadyExistsException if the file exists and {@link
   *     WriteOptions#force()} is not given
   * @throws IllegalArgumentException if the mask is none of {@link Masks#KINDS}, so that nobody
   *     could read the file; or if signs are to be stored of values that differ in more
   * @throws io.darex.prune.NonFiniteException if a kept value is NaN or infinite
   */
  public static void write(Path path, SparseDelta delta, boolean digest, WriteOptions options)
      throws IOException {
    Seal seal = written -> Map.of(DeltaMetadata.DIGEST_KEY, digest(written, Map.of()));
    write(path, delta, digest, options, digest ? seal : Seal.NONE);
  }

  /**
   * As {@link #write(Path, SparseDelta, boolean, WriteOptions)}, with a digest, and with those of
   * base and tuned model taken while the data are written: what the provenance has of them plays no
   * part.
   */
  static void write(Path path, SparseDelta delta, Digests digests, WriteOptions options)
      throws IOException {
    Provenance provenance = delta.provenance();
    Seal seal =
        written -> {
          Map<String, String> sealed = DeltaMetadata.digests(digests.addTo(provenance));
          sealed.put(DeltaMetadata.DIGEST_KEY, digest(written, sealed));
          return sealed;
        };
    write(path, unsealed(delta, digests.taken()), true, options, seal);
  }

  /**
   * {@code delta} as it is until the digests of base and tuned model are taken.
   *
   * @param taken whether they will be
   */
  private static SparseDelta unsealed(SparseDelta delta, boolean taken) {
    Optional<String> placeholder = placeholder(taken);
    return delta.withProvenance(delta.provenance().withBase(placeholder).withTuned(placeholder));
  }

  private static Optional<String> placeholder(boolean taken) {
    return taken ? Optional.of(PLACEHOLDER) : Optional.empty();
  }

  private static void write(
      Path path, SparseDelta delta, boolean digest, WriteOptions options, Seal seal)
      throws IOException {
    DeltaContent content = DeltaContent.of(delta, placeholder(digest), options.threads());
    SafetensorsWriter.write(path, content.tensors(), content.texts(), options, seal);
  }

  /**
   * How large exactly the file of {@code delta} will be, in bytes. Places are coded to know it,
   * values are not read; but for the first of each tensor where signs are stored.
   *
   * @param digest whether the file gets a digest
   * @param threads how many to work on
   */
  public static long bytes(SparseDelta delta, boolean digest, int threads) {
    return DeltaContent.of(delta, placeholder(digest), threads).bytes();
  }

  /**
   * How large exactly a file will be that has a digest and gets those of base and tuned model while
   * it is written, in bytes: what the provenance has of them plays no part.
   *
   * @param taken whether digests of base and tuned model are taken
   */
  static long sealedBytes(SparseDelta delta, boolean taken, int threads) {
    return bytes(unsealed(delta, taken), true, threads);
  }

  /**
   * What {@code darex.kept} is: over all other metadata and all tensors of a file.
   *
   * @param sealed metadata that come in place of the file's
   */
  private static String digest(Safetensors file, Map<String, String> sealed) {
    Map<String, String> others = new TreeMap<>(file.metadata());
    others.putAll(sealed);
    others.remove(DeltaMetadata.DIGEST_KEY);
    Finiteness.Found found =
        (key, index, value) -> {
          // What is carried whole may hold anything; with what is kept somebody will calculate.
          if (!key.startsWith(DeltaContent.WHOLE)) {
            throw new NonFiniteException(key, index, value);
          }
        };
    return CheckpointDigest.of(others, file.tensors().values(), found);
  }

  /**
   * Reads a sparse delta: {@link #open}, {@link #verify} and {@link #delta}. Whether it fits a base
   * is for {@link CheckpointDigest#requireBase} and {@link SparseDelta#applyTo} to say.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SparseDelta read(Path path) throws IOException {
    return read(Safetensors.open(path));
  }

  /**
   * As {@link #read(Path)}, with a copy of the file in memory where it is at most 64 MiB: what is
   * verified is then what is used, whatever happens to the file.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SparseDelta readCopy(Path path) throws IOException {
    return read(Safetensors.of(MappedFile.copy(path)));
  }

  private static SparseDelta read(Safetensors opened) throws IOException {
    SparseDeltaFile file = of(opened);
    file.verify();
    return file.delta();
  }

  /**
   * Opens a file: its header, every shape, and that there are as many values as places. Kept values
   * and whole tensors are not read. A mask is drawn again, or places are scanned, on all
   * processors.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SparseDeltaFile open(Path path) throws IOException {
    return of(Safetensors.open(path));
  }

  private static SparseDeltaFile of(Safetensors file) throws IOException {
    return new SparseDeltaFile(file, DeltaFileReader.read(file));
  }

  /** The sparse delta; its values are read from the file whenever they are asked for. */
  public SparseDelta delta() {
    return found.delta();
  }

  /** The digest the file says it has; empty if none was taken when it was written. */
  public Optional<String> digest() {
    return found.digest();
  }

  /** The file as the safetensors file that it is. */
  public Safetensors tensors() {
    return file;
  }

  /** What values and places of the pruned tensor {@code name} take in the file. */
  long bytes(String name) {
    return found.bytes().get(name);
  }

  /**
   * Reads everything in the file once: all values must be finite, and where the file has a {@link
   * #digest} it must be that of metadata and data.
   *
   * @throws MalformedFileException naming the fault
   */
  public void verify() throws IOException {
    String came;
    try {
      came = digest(file, Map.of());
    } catch (IllegalArgumentException e) {
      throw fault("finite values only", e.getMessage());
    }
    if (digest().isPresent() && !digest().get().equals(came)) {
      throw fault("content with digest " + digest().get(), came + ": the file is damaged");
    }
    for (Map.Entry<String, SideFile> side : delta().provenance().files().entrySet()) {
      String expected = side.getValue().digest();
      if (side.getValue().content().isPresent()) {
        String hex = Sha256.hex(ByteTensor.of(side.getValue().content().get()));
        if (!hex.equals(expected)) {
          throw fault(DeltaContent.FILE + side.getKey() + " with the digest " + expected, hex);
        }
      }
    }
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(file.path(), expected, found);
  }
}
