package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.LayerInput;
import io.darex.prune.NonFiniteException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link Encoder#inputs} against every row that enters the layers of {@link PlainEncoder}. */
@Tag("torch")
class InputsTest {
  /** Several pieces, blocks of features and stretches of rows a batch. */
  private static final Sample LARGE =
      new Sample(
          new EncoderConfig(
              31, 96, 2, 4, 150, 130, 2, 1e-12, 0.1, 0.1, 0.1, List.of("a", "b", "c")),
          5);

  @ParameterizedTest
  @MethodSource("io.darex.bench.encoder.EngineContractTest#cases")
  void areTheMeansOverEveryRowOfTheIndependentPass(EngineChoice engine, Sample sample) {
    List<Batch> batches = List.of(sample.batch(), sample.batch(1), sample.batch(4));
    // Dropout never acts here.
    EncoderConfig config = sample.config().withDropout(0.4);
    try (Encoder encoder = EngineContractTest.open(engine, config, sample.checkpoint())) {
      assertInputs(encoder.inputs(batches), sample, batches);
    }
  }

  @Test
  void alsoOfLargerLayersInSeveralBlocks() {
    List<Batch> batches = List.of(LARGE.batch(12), LARGE.batch(3));
    try (Encoder encoder = new DirectEncoder(LARGE.config(), LARGE.checkpoint(), 0)) {
      assertInputs(encoder.inputs(batches), LARGE, batches);
    }
  }

  private static void assertInputs(
      Map<String, LayerInput> actual, Sample sample, List<Batch> batches) {
    PlainEncoder plain = new PlainEncoder(sample.config(), sample.checkpoint());
    Map<String, List<double[]>> entered = plain.record();
    for (Batch batch : batches) {
      for (int text = 0; text < batch.rows(); text++) {
        plain.logits(PlainEncoder.ids(batch, text), PlainEncoder.types(batch, text));
      }
    }
    assertThat(actual.keySet())
        .containsExactlyInAnyOrderElementsOf(
            entered.keySet().stream().map(layer -> layer + ".weight").toList());
    entered.forEach(
        (layer, rows) -> {
          LayerInput input = actual.get(layer + ".weight");
          int features = rows.get(0).length;
          double[] rms = rms(rows);
          assertThat(input.rows()).as(layer).isEqualTo(rows.size());
          assertThat(input.features()).as(layer).isEqualTo(features);
          for (int i = 0; i < features; i++) {
            int a = i;
            double mean = rows.stream().mapToDouble(row -> row[a]).average().orElseThrow();
            assertThat(input.mean(i)).as(layer).isCloseTo(mean, within(1e-4));
            for (int j = 0; j < features; j++) {
              int b = j;
              // Rounding is relative to the factors, which may cancel in the product.
              double scale = Math.max(1, rms[i] * rms[j]);
              double product =
                  rows.stream().mapToDouble(row -> row[a] * row[b]).average().orElseThrow();
              assertThat(input.product(i, j)).as(layer).isCloseTo(product, within(scale * 2e-4));
            }
          }
        });
  }

  private static double[] rms(List<double[]> rows) {
    double[] rms = new double[rows.get(0).length];
    for (int i = 0; i < rms.length; i++) {
      int a = i;
      double square = rows.stream().mapToDouble(row -> row[a] * row[a]).average().orElseThrow();
      rms[i] = Math.sqrt(square);
    }
    return rms;
  }

  @Test
  void areTheSameBytesOnAnyNumberOfThreads() {
    List<Batch> batches = List.of(LARGE.batch(12), LARGE.batch(3));
    SortedMap<String, LayerInput> expected = null;
    for (int threads : new int[] {1, 2, 5}) {
      try (Encoder encoder = new DirectEncoder(LARGE.config(), LARGE.checkpoint(), 0, threads)) {
        SortedMap<String, LayerInput> inputs = encoder.inputs(batches);
        expected = expected == null ? inputs : expected;
        for (String name : expected.keySet()) {
          LayerInput wanted = expected.get(name);
          for (int i = 0; i < wanted.features(); i++) {
            assertThat(inputs.get(name).mean(i)).isEqualTo(wanted.mean(i));
            for (int j = 0; j < wanted.features(); j++) {
              assertThat(inputs.get(name).product(i, j)).isEqualTo(wanted.product(i, j));
            }
          }
        }
      }
    }
  }

  @Test
  void layersThatReadTheSameShareIt() {
    try (Encoder encoder = new DirectEncoder(LARGE.config(), LARGE.checkpoint(), 0)) {
      SortedMap<String, LayerInput> inputs = encoder.inputs(List.of(LARGE.batch(2)));
      String self = "bert.encoder.layer.1.attention.self.";
      assertThat(inputs.get(self + "key.weight"))
          .isSameAs(inputs.get(self + "query.weight"))
          .isSameAs(inputs.get(self + "value.weight"));
    }
  }

  @Test
  void anEncoderWithoutHeadHasItsOwnLayersAlone() {
    for (Family family : Family.values()) {
      EncoderConfig config = Sample.architecture(family, Activation.GELU, 2, 5);
      EncoderConfig headless = config.withLabels(List.of());
      Sample sample = new Sample(config, 5);
      try (Encoder encoder = new DirectEncoder(headless, sample.checkpoint(), 0)) {
        assertThat(encoder.inputs(List.of(sample.batch())).keySet())
            .isNotEmpty()
            .allMatch(name -> !family.isHead(name));
      }
    }
  }

  @Test
  void refusesNothingAndNamesTheLayerThatNanEnters() {
    Sample sample = new Sample(TinyBert.CONFIG, 3);
    try (Encoder encoder = new DirectEncoder(sample.config(), sample.checkpoint(), 0)) {
      assertThatIllegalArgumentException().isThrownBy(() -> encoder.inputs(List.of()));
      encoder.parameters().get("bert.encoder.layer.0.intermediate.dense.bias").putScalar(2, 1e30);
      assertThatThrownBy(() -> encoder.inputs(List.of(TinyBert.BATCH)))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("bert.encoder.layer.0.output.dense, element 2");
    }
  }
}
