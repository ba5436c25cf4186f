package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Mask;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.recipe.StoredValues;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * docs/python/darex_delta.py against files written here: it shares no code with the Java reader,
 * must give the same pruned model bit for bit, and refuse what that refuses. Skipped where there is
 * no {@code python3} with NumPy.
 */
class PythonReaderTest {
  private static final Path READER = Path.of("..", "docs", "python");

  /** Writes all values of the pruned model, as fp32 and in name order. */
  private static final String APPLY =
      """
      import darex_delta, sys
      _, delta, base, out = sys.argv
      pruned = darex_delta.read(delta).apply(darex_delta.load(base))
      with open(out, "wb") as file:
          for name in sorted(pruned):
              file.write(pruned[name].astype("<f4").tobytes())
      """;

  /** Writes the sum of all values, and how long it takes to apply the delta. */
  private static final String TIMED =
      """
      import darex_delta, sys, time
      _, delta, base, out = sys.argv
      base = {name: darex_delta.array(raw) for name, raw in darex_delta.load(base).items()}
      start = time.perf_counter()
      pruned = darex_delta.read(delta).apply(base)
      seconds = time.perf_counter() - start
      with open(out, "w") as file:
          total = sum(value.astype(float).sum() for value in pruned.values())
          file.write(f"{total} after {seconds:.2f} s")
      """;

  /** Writes the names of the files that are accepted. */
  private static final String READ_ALL =
      """
      import darex_delta, pathlib, sys
      _, folder, unused, out = sys.argv
      accepted = []
      for path in sorted(pathlib.Path(folder).iterdir()):
          try:
              darex_delta.read(path)
              accepted.append(path.name)
          except ValueError:
              pass
      pathlib.Path(out).write_text(" ".join(accepted))
      """;

  /** Cuts the file and changes its bits, and writes what of that is accepted. */
  private static final String DAMAGED =
      """
      import darex_delta, pathlib, sys
      _, delta, unused, out = sys.argv
      good, damaged, accepted = pathlib.Path(delta).read_bytes(), pathlib.Path(out), []
      darex_delta.read(delta)
      for i in range(0, len(good), 7):
          for bad in good[:i], good[:i] + bytes([good[i] ^ 1 << i % 8]) + good[i + 1:]:
              damaged.write_bytes(bad)
              try:
                  darex_delta.read(damaged)
                  accepted.append(f"{i} of {len(bad)}")
              except ValueError:
                  pass
      damaged.write_text(" ".join(accepted))
      """;

  /** Applies to another base, and writes what the reader says. */
  private static final String OTHER_BASE =
      """
      import darex_delta, pathlib, sys
      _, delta, base, out = sys.argv
      delta, base = darex_delta.read(delta), darex_delta.load(base)
      base = {name: darex_delta.array(raw) for name, raw in base.items()}
      delta.verify(base)
      base["w0"][0, 0] += 1
      try:
          delta.apply(base)
      except ValueError as fault:
          pathlib.Path(out).write_text(str(fault) + str(len(delta.apply(base, verify=False))))
      """;

  /** Adds what an exported file says to zeros, by name. */
  private static final String ADD =
      """
      import darex_delta, sys
      import numpy as np
      _, exported, unused, out = sys.argv
      tensors = {name: darex_delta.array(raw) for name, raw in darex_delta.load(exported).items()}
      with open(out, "wb") as file:
          for name in sorted(key[:-8] for key in tensors if key.endswith(".indices")):
              full = np.zeros(tensors[name + ".shape"], "<f4").reshape(-1)
              full[tensors[name + ".indices"]] += tensors[name + ".values"]
              file.write(full.tobytes())
      """;

  @TempDir Path folder;
  private final InMemoryCheckpoint base =
      SparseDeltas.base(new long[] {220, 301}, new long[] {7, 3, 5}, new long[0], new long[] {9});

  @BeforeAll
  static void needsPythonWithNumPy() throws Exception {
    boolean there = false;
    try {
      there = failure(List.of("python3", "-c", "import numpy")).isEmpty();
    } catch (IOException e) {
      // No such program: the message below says so.
    }
    assumeTrue(there, "skipped: there is no python3 with numpy on the PATH");
  }

  /** Every mask and every type, but not every pair: a Python starts for each. */
  static Stream<Arguments> masksAndTypes() {
    List<Values> types = List.of(Values.F32, Values.F16, Values.BF16, Values.SIGN);
    return IntStream.range(0, SparseDeltas.MASKS.size())
        .mapToObj(i -> arguments(SparseDeltas.MASKS.get(i), types.get(i % types.size())));
  }

  @ParameterizedTest
  @MethodSource("masksAndTypes")
  void appliesWhatWeWrite(Mask mask, Values values) throws Exception {
    Path file = folder.resolve("delta.safetensors");
    SparseDeltaFile.write(
        file,
        StoredValues.of(SparseDeltas.view(mask, base), values, 1),
        true,
        WriteOptions.defaults());
    Checkpoint pruned = SparseDeltaFile.read(file).applyTo(base);
    assertThat(python(APPLY, file)).isEqualTo(values(pruned.tensors().values()));
  }

  /** Of the size of MiniLM-L6; how long it takes is printed, as it depends on the machine. */
  @Test
  void appliesADeltaOfTwentyTwoMillionParameters() throws Exception {
    long[][] shapes = new long[19][];
    Arrays.fill(shapes, new long[] {1536, 384});
    shapes[0] = new long[] {30_522, 384};
    InMemoryCheckpoint large = SparseDeltas.base(shapes);
    for (int mask : new int[] {0, 2}) {
      Path file = folder.resolve("large" + mask);
      SparseDeltaFile.write(file, SparseDeltas.view(SparseDeltas.MASKS.get(mask), large), false);
      Checkpoint pruned = SparseDeltaFile.read(file).applyTo(large);
      String[] said = new String(python(TIMED, file, large), StandardCharsets.UTF_8).split(" ", 2);
      assertThat(Double.parseDouble(said[0]))
          .isCloseTo(sum(pruned.tensors().values()), within(1e-6));
      System.out.println(SparseDeltas.MASKS.get(mask).kind() + ": applied " + said[1]);
    }
  }

  private static double sum(Iterable<Tensor> tensors) {
    double sum = 0;
    for (Tensor tensor : tensors) {
      for (float value : Checkpoints.values(tensor)) {
        sum += value;
      }
    }
    return sum;
  }

  @Test
  void addsWhatWeExport() throws Exception {
    for (Mask mask : List.of(SparseDeltas.MASKS.get(0), SparseDeltas.MASKS.get(2))) {
      SparseDelta delta = SparseDeltas.view(mask, base);
      Path file = folder.resolve(mask.kind().replace(':', '-'));
      IndexValueFile.write(file, delta, WriteOptions.defaults());
      Safetensors exported = Safetensors.open(file);
      assertThat(exported.metadata())
          .isEqualTo(Map.of("format", "pt", "darex.base", delta.provenance().base().orElseThrow()));
      assertThat(Checkpoints.values(exported.tensors().get("head")))
          .isEqualTo(Checkpoints.values(delta.whole().get("head")));
      Checkpoint zeros =
          InMemoryCheckpoint.of(
              base.tensors().values().stream()
                  .map(t -> new FloatTensor(t.name(), t.shape(), new float[(int) t.count()]))
                  .toList(),
              Optional.empty());
      SparseDelta kept =
          new SparseDelta(
              mask, delta.scale(), Values.F32, delta.kept(), new TreeMap<>(), delta.provenance());
      assertThat(python(ADD, file)).isEqualTo(values(kept.applyTo(zeros).tensors().values()));
    }
  }

  @Test
  void refusesWhatOurReaderRefuses() throws Exception {
    Path files = Files.createDirectory(folder.resolve("files"));
    HostileDeltaFileTest.writeAll(files);
    assertThat(new String(python(READ_ALL, files, base), StandardCharsets.UTF_8))
        .isEqualTo("good-columns good-magnitude good-n-m good-random");
  }

  @Test
  void noticesEveryCutAndChangedBit() throws Exception {
    for (int mask : new int[] {1, 3}) {
      Path file = folder.resolve("delta" + mask);
      SparseDeltaFile.write(
          file,
          SparseDeltas.view(SparseDeltas.MASKS.get(mask), SparseDeltas.base(new long[] {4, 50})),
          true);
      assertThat(python(DAMAGED, file, base)).isEmpty();
    }
  }

  @Test
  void refusesAnotherBase() throws Exception {
    Path file = folder.resolve("delta");
    SparseDelta delta = SparseDeltas.view(SparseDeltas.MASKS.get(0), base);
    SparseDeltaFile.write(file, delta, true);
    assertThat(new String(python(OTHER_BASE, file, base), StandardCharsets.UTF_8))
        .contains("expected the base with digest " + delta.provenance().base().orElseThrow())
        .endsWith("5"); // the four of the base, and the head
  }

  private float[] python(String driver, Path file) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(python(driver, file, base)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private byte[] python(String driver, Path file, Checkpoint onto) throws Exception {
    Path script = folder.resolve("reader.py");
    Path basePath = folder.resolve("base.safetensors");
    Path out = folder.resolve("out");
    Files.writeString(script, driver);
    Safetensors.write(basePath, onto.tensors().values(), Map.of(), true);
    List<String> command =
        Stream.of("python3", "-B", script, file, basePath, out).map(Object::toString).toList();
    assertThat(failure(command)).isEmpty();
    return Files.readAllBytes(out);
  }

  /** What the command printed, if it failed. */
  private static Optional<String> failure(List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PYTHONPATH", READER.toAbsolutePath().toString());
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? Optional.empty() : Optional.of(printed);
  }

  private static float[] values(Iterable<Tensor> tensors) {
    int count = 0;
    float[] all = new float[0];
    for (Tensor tensor : tensors) {
      float[] values = Checkpoints.values(tensor);
      all = Arrays.copyOf(all, count + values.length);
      System.arraycopy(values, 0, all, count, values.length);
      count += values.length;
    }
    return all;
  }
}
