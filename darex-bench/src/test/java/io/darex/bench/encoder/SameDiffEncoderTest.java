package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class SameDiffEncoderTest {
  private static final Batch BATCH = TinyBert.BATCH;
  private static final int[] LABELS = TinyBert.LABELS;
  private final EncoderConfig config = TinyBert.CONFIG;
  private final Checkpoint checkpoint = TinyBert.checkpoint(config, 42);

  /** Along random directions, which see every entry of a tensor at once. */
  @Test
  void gradientsOfEveryParameterAgreeWithCentralDifferences() {
    try (SameDiffEncoder encoder = new SameDiffEncoder(config, checkpoint, 0, DataType.DOUBLE)) {
      Map<String, INDArray> analytic = new TreeMap<>();
      encoder
          .gradients(BATCH, LABELS, 0)
          .byName()
          .forEach((name, gradient) -> analytic.put(name, gradient.dup()));
      assertThat(analytic.keySet()).isEqualTo(encoder.parameters().keySet());
      Random random = new Random(7);
      encoder
          .parameters()
          .forEach(
              (name, parameter) -> {
                for (int trial = 0; trial < 2; trial++) {
                  INDArray direction = parameter.like();
                  for (long i = 0; i < direction.length(); i++) {
                    direction.putScalar(i, random.nextGaussian());
                  }
                  double expected = difference(encoder, parameter, direction);
                  double actual = analytic.get(name).mul(direction).sumNumber().doubleValue();
                  assertThat(actual)
                      .as(name)
                      .isCloseTo(expected, within(1e-9 + 1e-6 * Math.abs(expected)));
                }
              });
    }
  }

  private static double difference(Encoder encoder, INDArray parameter, INDArray direction) {
    double step = 1e-5;
    INDArray value = parameter.dup();
    parameter.assign(value.add(direction.mul(step)));
    double above = encoder.gradients(BATCH, LABELS, 0).loss();
    parameter.assign(value.sub(direction.mul(step)));
    double below = encoder.gradients(BATCH, LABELS, 0).loss();
    parameter.assign(value);
    return (above - below) / (2 * step);
  }

  @Test
  void refusesVectorsOfOneElement() {
    EncoderConfig narrow = new EncoderConfig(11, 1, 1, 1, 2, 6, 2, 1e-3, 0, 0, 0, List.of("score"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SameDiffEncoder(narrow, TinyBert.checkpoint(narrow, 1), 0))
        .withMessageContaining("expects hidden_size and embedding_size of at least 2");
  }

  @Test
  void gradientDescentLowersTheLoss() {
    try (SameDiffEncoder encoder = new SameDiffEncoder(config, checkpoint, 0)) {
      double before = crossEntropy(encoder);
      for (int step = 0; step < 60; step++) {
        encoder
            .gradients(BATCH, LABELS, step)
            .byName()
            .forEach((name, g) -> encoder.parameters().get(name).subi(g.mul(0.2)));
      }
      assertThat(crossEntropy(encoder)).isLessThan(before / 10);
    }
  }

  private static double crossEntropy(Encoder encoder) {
    float[][] logits = encoder.logits(BATCH);
    double loss = 0;
    for (int row = 0; row < logits.length; row++) {
      double sum = 0;
      for (float logit : logits[row]) {
        sum += Math.exp(logit);
      }
      loss += Math.log(sum) - logits[row][LABELS[row]];
    }
    return loss;
  }

  @Test
  void loadSetsTheLiveParametersAndCheckpointIsACopy() {
    try (SameDiffEncoder encoder = new SameDiffEncoder(config, checkpoint, 0)) {
      float[][] logits = encoder.logits(BATCH);
      INDArray live = encoder.parameters().get("bert.pooler.dense.weight");
      Checkpoint other = TinyBert.checkpoint(config, 43);
      encoder.load(other);
      assertThat(live.getFloat(3)).isEqualTo(other.tensors().get("bert.pooler.dense.weight").at(3));
      assertThat(encoder.logits(BATCH)).isNotEqualTo(logits);
      Checkpoint copy = encoder.checkpoint();
      encoder.load(checkpoint);
      assertThat(encoder.logits(BATCH)).isDeepEqualTo(logits);
      assertThat(copy.config()).contains(config.toJson());
      assertThat(copy.tensors().keySet()).isEqualTo(other.tensors().keySet());
      copy.tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(floats(tensor)).isEqualTo(floats(other.tensors().get(name))));
    }
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.count()];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  @Test
  void encoderTensorsMayLackTheirPrefixAndFurtherOnesAreIgnored() {
    SortedMap<String, Tensor> bare = new TreeMap<>();
    checkpoint
        .tensors()
        .forEach((name, tensor) -> bare.put(name.replaceFirst("^bert\\.", ""), tensor));
    bare.put("cls.predictions.bias", bare.get("classifier.bias"));
    try (SameDiffEncoder encoder = new SameDiffEncoder(config, checkpoint, 0);
        SameDiffEncoder other =
            new SameDiffEncoder(config, new InMemoryCheckpoint(bare, Optional.empty()), 0)) {
      assertThat(other.logits(BATCH)).isDeepEqualTo(encoder.logits(BATCH));
    }
  }

  @Test
  void loadListsEveryMisfitAndThenSetsNothing() {
    SortedMap<String, Tensor> broken = new TreeMap<>(TinyBert.checkpoint(config, 43).tensors());
    broken.remove("bert.pooler.dense.bias");
    broken.put(
        "classifier.weight",
        new FloatTensor("classifier.weight", new long[] {2, 8}, new float[16]));
    try (SameDiffEncoder encoder = new SameDiffEncoder(config, checkpoint, 0)) {
      float[][] logits = encoder.logits(BATCH);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> encoder.load(new InMemoryCheckpoint(broken, Optional.empty())))
          .withMessageContaining("bert.pooler.dense.bias: missing")
          .withMessageContaining("classifier.weight: expected [3, 8], got [2, 8]");
      assertThat(encoder.logits(BATCH)).isDeepEqualTo(logits);
    }
  }

  @Test
  void aHeadTheCheckpointLacksIsDrawnFromTheSeed() {
    EncoderConfig many = config.withLabels(List.of("a", "b", "c", "d"));
    SortedMap<String, Tensor> headless = new TreeMap<>(checkpoint.tensors());
    headless.keySet().removeIf(name -> name.startsWith("classifier."));
    Checkpoint bare = new InMemoryCheckpoint(headless, Optional.empty());
    try (SameDiffEncoder one = new SameDiffEncoder(many, bare, 1);
        SameDiffEncoder same = new SameDiffEncoder(many, bare, 1);
        SameDiffEncoder other = new SameDiffEncoder(many, bare, 2)) {
      INDArray weight = one.parameters().get("classifier.weight");
      assertThat(weight.shape()).containsExactly(4, 8);
      assertThat(weight.stdNumber().doubleValue()).isBetween(0.01, 0.03);
      assertThat(one.parameters().get("classifier.bias").toFloatVector()).containsOnly(0f);
      assertThat(same.parameters().get("classifier.weight")).isEqualTo(weight);
      assertThat(other.parameters().get("classifier.weight")).isNotEqualTo(weight);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> one.load(bare))
          .withMessageContaining("classifier.weight: missing");
    }
  }

  @Test
  void printsNothingToStdout() {
    PrintStream out = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try (SameDiffEncoder encoder = new SameDiffEncoder(config, checkpoint, 0)) {
      encoder.gradients(BATCH, LABELS, 0);
    } finally {
      System.setOut(out);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).doesNotContain("differentiated");
  }

  @Test
  void memoryStaysWhereItIs() {
    EncoderConfig larger =
        new EncoderConfig(97, 64, 2, 4, 128, 60, 2, 1e-12, 0.1, 0.1, 0.1, List.of("a", "b"));
    Sample sample = new Sample(larger, 3);
    Batch batch = sample.batch(16);
    try (Encoder encoder = new SameDiffEncoder(larger, sample.checkpoint(), 0)) {
      for (int i = 0; i < 20; i++) {
        sample.gradients(encoder, batch, i);
        encoder.logits(batch);
      }
      long before = Pointer.physicalBytes();
      for (int i = 0; i < 100; i++) {
        sample.gradients(encoder, batch, i);
        encoder.logits(batch);
        encoder.lastHidden(batch);
      }
      // The heap grows too; activations of both ways that leak come to more than a gigabyte.
      assertThat(Pointer.physicalBytes() - before).isLessThan(400L << 20);
    }
  }
}
