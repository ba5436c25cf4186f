package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.mask.ColumnPlaces;
import io.darex.prune.mask.ColumnsMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import io.darex.prune.tensor.SignTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A delta beside the weights next to the same delta merged into them. */
@Tag("torch")
class BesideDeltaTest {
  private static final double[] DROP_RATES = {0, 0.3, 0.5, 0.9, 0.999};

  /** The sample's weights, moved by a tenth of their spread; gains and vectors too. */
  static Checkpoint tuned(Sample sample) {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    Map<String, Tensor> steps = TinyBert.checkpoint(sample.config(), sample.seed() + 99).tensors();
    sample
        .checkpoint()
        .tensors()
        .forEach(
            (name, before) -> {
              float[] values = values(before);
              for (int i = 0; i < values.length; i++) {
                values[i] += 0.1f * steps.get(name).at(i);
              }
              tensors.put(name, new FloatTensor(name, before.shape(), values));
            });
    return new InMemoryCheckpoint(tensors, Optional.of(sample.config().toJson()));
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private static SparseDelta delta(Sample sample, double dropRate) {
    return delta(sample, new ColumnsMask(sample.seed(), dropRate));
  }

  private static SparseDelta delta(Sample sample, Mask mask) {
    return new Pruning(mask).prune(sample.checkpoint(), tuned(sample));
  }

  /** The same with a sign of each kept entry. */
  static SparseDelta signs(SparseDelta delta) {
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    delta
        .kept()
        .forEach(
            (name, tensor) ->
                kept.put(name, tensor.withValues(new SignTensor(tensor.scaledValues(1), 0.03f))));
    return delta.withKept(kept, Values.SIGN);
  }

  /** Of whole columns for all engines, and of entries anywhere for the direct one. */
  private static List<SparseDelta> deltas(Engine engine, Sample sample, double dropRate) {
    SparseDelta columns = delta(sample, dropRate);
    if (engine != Engine.DIRECT) {
      return List.of(columns);
    }
    SparseDelta entries = delta(sample, new RandomMask(sample.seed(), dropRate));
    return List.of(columns, entries, signs(entries));
  }

  /** A q of its own for every tensor. */
  private static Scale scale(SparseDelta delta, long seed) {
    Random random = new Random(seed);
    Map<String, Double> q = new TreeMap<>();
    delta.kept().keySet().forEach(name -> q.put(name, 0.3 + 0.7 * random.nextDouble()));
    return new Scale(1, q);
  }

  private static void assertClose(float[][] actual, float[][] expected) {
    for (int text = 0; text < expected.length; text++) {
      assertClose(actual[text], expected[text]);
    }
  }

  static void assertClose(float[] actual, float[] expected) {
    float largest = 1;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(actual).containsExactly(expected, within(1e-5f * largest));
  }

  static Map<String, float[]> bits(Encoder encoder) {
    Map<String, float[]> values = new TreeMap<>();
    encoder.parameters().forEach((name, array) -> values.put(name, array.data().asFloat()));
    return values;
  }

  static void assertSameBits(Encoder encoder, Map<String, float[]> expected) {
    bits(encoder).forEach((name, now) -> assertThat(now).as(name).isEqualTo(expected.get(name)));
  }

  /** Those that keep a delta beside their weights. */
  static Stream<EngineChoice> engines() {
    return EngineContractTest.engines().filter(each -> each.engine() != Engine.SAMEDIFF);
  }

  static Stream<Arguments> cases() {
    return EngineContractTest.cases()
        .filter(each -> ((EngineChoice) each.get()[0]).engine() != Engine.SAMEDIFF);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesWhatTheMergedModelComputesAndLeavesTheBaseAsItWas(
      EngineChoice engine, Sample sample) {
    Checkpoint base = sample.checkpoint();
    Batch batch = sample.batch();
    try (Encoder encoder = EngineContractTest.open(engine, sample.config(), base);
        Encoder merged = EngineContractTest.open(engine, sample.config(), base)) {
      Map<String, float[]> before = bits(encoder);
      float[][] logits = encoder.logits(batch);
      for (double dropRate : DROP_RATES) {
        List<SparseDelta> deltas = new ArrayList<>(deltas(engine.engine(), sample, dropRate));
        List.copyOf(deltas).forEach(each -> deltas.add(each.withScale(scale(each, sample.seed()))));
        for (SparseDelta delta : deltas) {
          // At .999 DARE's 1/q makes weights at which fp32 itself is the error.
          SparseDelta tame = dropRate > 0.9 ? delta.withScale(Scale.of(0.5)) : delta;
          merged.load(tame.applyTo(base));
          encoder.attach(tame);
          assertClose(encoder.logits(batch), merged.logits(batch));
          assertClose(encoder.pooled(batch), merged.pooled(batch));
          if (Arrays.stream(batch.mask()).allMatch(real -> real == 1)) {
            assertClose(encoder.lastHidden(batch), merged.lastHidden(batch));
          }
          assertSameBits(encoder, before);
        }
      }
      encoder.detach();
      assertSameBits(encoder, before);
      assertThat(encoder.logits(batch)).isDeepEqualTo(logits);
    }
  }

  @Test
  void theSameBytesOnAnyNumberOfThreads() {
    EncoderConfig config =
        new EncoderConfig(97, 96, 2, 12, 200, 130, 2, 1e-12, 0, 0, 0, List.of("a", "b", "c"));
    Sample sample = new Sample(config, 11);
    theSameBytesOnAnyNumberOfThreads(sample, delta(sample, 0.7));
    theSameBytesOnAnyNumberOfThreads(sample, delta(sample, new RandomMask(1, 0.7)));
  }

  private static void theSameBytesOnAnyNumberOfThreads(Sample sample, SparseDelta delta) {
    EncoderConfig config = sample.config();
    Batch batch = sample.batch(20);
    float[][] expected = null;
    MultiplyAdds work = null;
    for (int threads : new int[] {1, 2, 5}) {
      try (Encoder encoder = new DirectEncoder(config, sample.checkpoint(), 0, threads)) {
        encoder.attach(delta);
        float[][] logits = encoder.logits(batch);
        expected = expected == null ? logits : expected;
        work = work == null ? encoder.multiplyAdds() : work;
        assertThat(logits).isDeepEqualTo(expected);
        assertThat(encoder.multiplyAdds()).isEqualTo(work);
      }
    }
  }

  @Test
  void droppedColumnsAreNotRead() {
    long[] shape = {2, 5};
    long[] columns = {1, 4};
    KeptTensor kept =
        new KeptTensor(
            "w",
            shape,
            new ColumnPlaces(shape, columns),
            new long[] {4},
            new FloatTensor("w", new long[] {4}, new float[] {1, 2, 3, 4}));
    float nan = Float.NaN;
    try (KeptColumns delta = new KeptColumns(kept, 0.5f);
        Scratch scratch = new Scratch();
        Floats x = new Floats().reserve(15);
        Floats y = new Floats().reserve(6)) {
      x.put(0, new float[] {9, 9, 9, 9, 9, nan, 1, nan, nan, 10, nan, 100, nan, nan, 0}, 15);
      y.put(0, new float[] {7, 7, 0, 0, 1, 1}, 6);
      delta.addProduct(scratch, x, 1, 2, y);
      float[] result = new float[6];
      y.get(0, result, 6);
      // Twice [1 2; 3 4] on (1, 10) and on (100, 0).
      assertThat(result).containsExactly(7, 7, 42, 86, 201, 601);
      assertThat(delta.multiplyAdds()).isEqualTo(new MultiplyAdds(2 * 10, 2 * 4));
      float[] row = {5, 5, 5, 5, 5};
      delta.addRow(1, row, new float[5]);
      assertThat(row).containsExactly(5, 11, 5, 5, 13);
    }
  }

  @Test
  void entriesThatAreNotKeptAreNotRead() {
    long[] shape = {4, 3};
    char[][] places = {{1, 3, 5, 11}};
    float nan = Float.NaN;
    for (float[] entries : new float[][] {{1, 2, 3, 4}, {2, -2, 2, -2}}) {
      KeptTensor kept = new KeptTensor("w", shape, places, new float[][] {entries});
      KeptRows delta = new KeptRows(kept, 0.5f);
      try (Scratch scratch = new Scratch();
          Floats x = new Floats().reserve(27);
          Floats y = new Floats().reserve(36)) {
        float[] rows = new float[27];
        Arrays.fill(rows, nan);
        for (int row = 0; row < 9; row++) {
          rows[3 * row] = row + 1;
          rows[3 * row + 1] = 10 * row + 10;
          rows[3 * row + 2] = 100 * row + 100;
        }
        x.put(0, rows, 27);
        y.put(0, new float[36], 36);
        delta.addProduct(scratch, x, 0, 9, y);
        float[] result = new float[36];
        y.get(0, result, 36);
        for (int row = 0; row < 9; row++) {
          float[] expected = {
            2 * entries[0] * (10 * row + 10),
            2 * (entries[1] * (row + 1) + entries[2] * (100 * row + 100)),
            0,
            2 * entries[3] * (100 * row + 100)
          };
          assertThat(Arrays.copyOfRange(result, 4 * row, 4 * row + 4)).containsExactly(expected);
        }
        assertThat(delta.multiplyAdds()).isEqualTo(new MultiplyAdds(9 * 12, 9 * 4));
        float[] sum = {5, 5, 5};
        delta.addRow(1, sum, new float[3]);
        delta.addRow(2, sum, new float[3]);
        assertThat(sum).containsExactly(5 + 2 * entries[1], 5, 5 + 2 * entries[2]);
      }
    }
    KeptTensor wide =
        new KeptTensor("w", new long[] {1, 32769}, new char[][] {{0}}, new float[][] {{1}});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new KeptRows(wide, 1))
        .withMessage("w: expected at most 32768 columns beside the weights, got 32769");
  }

  @ParameterizedTest
  @MethodSource("engines")
  void countsTheMultiplyAddsOfTheColumnsThatAreKept(EngineChoice engine) {
    EncoderConfig config = TinyBert.CONFIG;
    Sample sample = new Sample(config, 3);
    SparseDelta delta = delta(sample, 0.5);
    long dense = 0;
    long kept = 0;
    int texts = 3;
    int tokens = 11;
    for (KeptTensor tensor : delta.kept().values()) {
      String name = tensor.name();
      boolean last = name.contains("layer.1.") && !name.matches(".*(key|value).*");
      if (tensor.shape().length == 2 && !name.contains("embeddings")) {
        // The last layer asks for first tokens only, and the pooler sees no others.
        long rows = last || name.contains("pooler") ? texts : tokens;
        dense += rows * tensor.shape()[0] * tensor.shape()[1];
        kept += rows * tensor.kept();
      }
    }
    try (Encoder encoder = EngineContractTest.open(engine, config, sample.checkpoint())) {
      assertThatIllegalStateException().isThrownBy(encoder::multiplyAdds);
      encoder.attach(delta);
      assertThat(encoder.multiplyAdds().skipped()).isZero();
      encoder.logits(TinyBert.BATCH);
      encoder.logits(TinyBert.BATCH);
      assertThat(encoder.multiplyAdds()).isEqualTo(new MultiplyAdds(2 * dense, 2 * kept));
      assertThat(encoder.multiplyAdds().skipped())
          .isStrictlyBetween(0.0, 1.0)
          .isEqualTo(1 - (double) kept / dense);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void oneDeltaTakesThePlaceOfAnother(EngineChoice engine) {
    Sample sample = new Sample(TinyBert.CONFIG, 5);
    Sample other = new Sample(TinyBert.CONFIG, 6);
    SparseDelta first = delta(sample, 0.5);
    SparseDelta second =
        new Pruning(new ColumnsMask(1, 0.3)).prune(sample.checkpoint(), tuned(other));
    try (Encoder encoder = EngineContractTest.open(engine, sample.config(), sample.checkpoint())) {
      Map<String, float[]> before = bits(encoder);
      encoder.attach(first);
      float[][] logits = encoder.logits(TinyBert.BATCH);
      for (int i = 0; i < 5; i++) {
        encoder.attach(second);
        assertThat(encoder.logits(TinyBert.BATCH)).isNotEqualTo(logits);
        encoder.attach(first);
        assertThat(encoder.logits(TinyBert.BATCH)).isDeepEqualTo(logits);
      }
      encoder.detach();
      encoder.detach();
      assertSameBits(encoder, before);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void nothingElseMayTouchTheParametersMeanwhile(EngineChoice engine) {
    Sample sample = new Sample(TinyBert.CONFIG, 5);
    try (Encoder encoder = EngineContractTest.open(engine, sample.config(), sample.checkpoint())) {
      encoder.attach(delta(sample, 0.5));
      assertThatIllegalStateException()
          .isThrownBy(() -> encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 0))
          .withMessage("expected no delta attached for training, got one: detach it first");
      assertThatIllegalStateException().isThrownBy(encoder::checkpoint);
      assertThatIllegalStateException().isThrownBy(() -> encoder.load(sample.checkpoint()));
      encoder.detach();
      assertThat(encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 0).loss()).isFinite();
    }
  }

  @Test
  void whatDoesNotFitLeavesTheBase() {
    Sample sample = new Sample(TinyBert.CONFIG, 5);
    Checkpoint base = sample.checkpoint();
    SparseDelta good = delta(sample, 0.5);
    try (Encoder encoder = new DirectEncoder(sample.config(), base, 0)) {
      Map<String, float[]> before = bits(encoder);
      encoder.attach(good);
      SortedMap<String, Tensor> whole = new TreeMap<>(good.whole());
      whole.put("classifier.weight", new FloatTensor("w", new long[] {2, 8}, new float[16]));
      whole.remove("classifier.bias");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.attach(withWhole(good, whole)))
          .isInstanceOf(MismatchException.class)
          .withMessage(
              "classifier.bias: expected in the sparse delta, kept or whole, got none; "
                  + "classifier.weight: expected [3, 8], got [2, 8]");

      float[] broken = {0, 0, Float.NaN};
      whole.putAll(good.whole());
      whole.put("classifier.bias", new FloatTensor("classifier.bias", new long[] {3}, broken));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.attach(withWhole(good, whole)))
          .isInstanceOf(NonFiniteException.class)
          .withMessageContaining("classifier.bias, element 2");

      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.attach(good.withScale(Scale.of(1e-44))))
          .isInstanceOf(NonFiniteException.class);
      assertSameBits(encoder, before);
      assertThat(encoder.gradients(TinyBert.BATCH, TinyBert.LABELS, 0).loss()).isFinite();
    }
    try (Encoder encoder = new SameDiffEncoder(sample.config(), base, 0)) {
      assertThatIllegalArgumentException().isThrownBy(() -> encoder.attach(good));
    }
  }

  @Test
  void pyTorchKeepsWholeColumnsAlone() {
    Sample sample = new Sample(TinyBert.CONFIG, 5);
    try (Encoder encoder =
        EngineContractTest.open(
            EngineChoice.of(Engine.TORCH), sample.config(), sample.checkpoint())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.attach(delta(sample, new RandomMask(1, 0.5))))
          .withMessage(
              "expected a sparse delta of mask columns for engine torch, got one of mask random");
    }
  }

  private static SparseDelta withWhole(SparseDelta delta, SortedMap<String, Tensor> whole) {
    return new SparseDelta(
        delta.mask(), delta.scale(), delta.values(), delta.kept(), whole, delta.provenance());
  }
}
