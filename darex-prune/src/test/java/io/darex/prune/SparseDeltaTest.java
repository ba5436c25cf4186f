package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.mask.RandomMask;
import io.darex.prune.tensor.FloatTensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SparseDeltaTest {
  private final FloatTensor base = Checkpoints.random(1, "encoder.w", 0.05, 400, 400);
  private final FloatTensor tuned = Checkpoints.tuned(2, base, "bert.encoder.w");
  private final FloatTensor head = Checkpoints.random(3, "classifier.weight", 0.05, 2, 4);
  private final SparseDelta delta =
      new Pruning(new RandomMask(4, 0.9)).prune(Checkpoints.of(base), Checkpoints.of(tuned, head));

  @Test
  void appliesToTheBaseUnderTheTunedNames() {
    Checkpoint pruned = delta.applyTo(Checkpoints.of(base));
    assertThat(pruned.tensors()).containsOnlyKeys("bert.encoder.w", "classifier.weight");
    assertThat(pruned.tensors().get("classifier.weight")).isSameAs(head);
    assertThat(pruned.tensors().get("bert.encoder.w").name()).isEqualTo("bert.encoder.w");
  }

  @Test
  void anotherScaleSharesTheValues() {
    SparseDelta other = delta.withScale(new Scale(0.5, Map.of("bert.encoder.w", 0.25)));
    assertThat(other.kept().get("bert.encoder.w")).isSameAs(delta.kept().get("bert.encoder.w"));
    float[] expected = Checkpoints.values(base);
    delta.kept().get("bert.encoder.w").forEach((i, value) -> expected[(int) i] += value / 0.25f);
    assertThat(
            Checkpoints.values(other.applyTo(Checkpoints.of(base)).tensors().get("bert.encoder.w")))
        .isEqualTo(expected);
  }

  @Property(tries = 200)
  void anyRangeReadsLikeThePartOfTheWhole(
      @ForAll @IntRange(max = 160_000) int a, @ForAll @IntRange(max = 160_000) int b) {
    Tensor pruned = delta.applyTo(Checkpoints.of(base)).tensors().get("bert.encoder.w");
    int from = Math.min(a, b);
    int length = Math.max(a, b) - from;
    float[] into = new float[length + 3];
    pruned.read(from, into, 3, length);
    assertThat(Arrays.copyOfRange(into, 3, into.length))
        .isEqualTo(Arrays.copyOfRange(Checkpoints.values(pruned), from, from + length));
    assertThat(Arrays.copyOf(into, 3)).containsOnly(0);
  }

  @Test
  void keptValuesReadAsOneTensorFromAnywhere() {
    Tensor values = delta.kept().get("bert.encoder.w").values();
    float[] all = Checkpoints.values(values);
    assertThat(values.count()).isEqualTo(delta.kept().get("bert.encoder.w").kept());
    for (int from = 0; from < all.length; from += 997) {
      float[] rest = new float[all.length - from];
      values.read(from, rest, 0, rest.length);
      assertThat(rest).isEqualTo(Arrays.copyOfRange(all, from, all.length));
      assertThat(values.at(from)).isEqualTo(all[from]);
    }
  }

  @Test
  void listsEverythingABaseLacks() {
    SparseDelta two =
        new SparseDelta(
            delta.mask(),
            delta.scale(),
            delta.values(),
            new TreeMap<>(
                Map.of(
                    "v", new KeptTensor("v", new long[] {0}, new char[0][], new float[0][]),
                    "w", new KeptTensor("w", new long[] {0, 2}, new char[0][], new float[0][]))),
            new TreeMap<>(),
            new Provenance(Optional.empty(), Optional.empty(), "{}", Optional.empty()));
    assertThatThrownBy(() -> two.applyTo(Checkpoints.of(Checkpoints.random(1, "w", 1, 3))))
        .isInstanceOf(MismatchException.class)
        .hasMessage(
            "tensor v: the base has none of that name; "
                + "tensor w: shape [3] in the base, [0, 2] in the sparse delta");
  }

  @Test
  void keepsWhatIsInfiniteInTheBaseAndRefusesASumThatOverflows() {
    float[] values = Checkpoints.values(base);
    values[77] = Float.NEGATIVE_INFINITY;
    Checkpoint masked = Checkpoints.of(new FloatTensor("encoder.w", base.shape(), values));
    Tensor applied = delta.applyTo(masked).tensors().get("bert.encoder.w");
    assertThat(Checkpoints.values(applied)[77]).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThatThrownBy(
            () ->
                Checkpoints.values(
                    delta
                        .withScale(new Scale(1e-44, Map.of()))
                        .applyTo(masked)
                        .tensors()
                        .get("bert.encoder.w")))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("bert.encoder.w, element ");
  }

  @Test
  void aStrengthMultipliesWhatIsAdded() {
    Checkpoint onto = Checkpoints.of(base);
    float[] before = Checkpoints.values(base);
    float[] once = applied(onto, 1);
    float[] half = applied(onto, 0.5);
    float[] back = applied(onto, -1);
    for (int i = 0; i < before.length; i++) {
      float added = once[i] - before[i];
      assertThat(half[i]).isCloseTo(before[i] + added / 2, within(1e-6f));
      assertThat(back[i]).isCloseTo(before[i] - added, within(1e-6f));
    }
    assertThat(once).isNotEqualTo(before);
    assertThat(applied(onto, 0)).isEqualTo(before);
  }

  private float[] applied(Checkpoint onto, double strength) {
    return Checkpoints.values(delta.applyTo(onto, strength).tensors().get("bert.encoder.w"));
  }

  @Test
  void keptTensorsCheckTheirArrays() {
    assertThatThrownBy(
            () -> new KeptTensor("w", new long[] {65_537}, new char[1][0], new float[1][0]))
        .hasMessageContaining("w has 2 blocks");
    assertThatThrownBy(() -> new KeptTensor("w", new long[] {3}, new char[1][2], new float[1][1]))
        .hasMessageContaining("2 offsets for 1 values");
  }
}
