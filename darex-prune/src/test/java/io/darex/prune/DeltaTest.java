package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Delta.Reason;
import io.darex.prune.tensor.FloatTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lombok.RequiredArgsConstructor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeltaTest {
  private static Tensor tensor(String name, long... shape) {
    return Checkpoints.random(1, name, 1, shape);
  }

  private static Delta between(Checkpoint base, Checkpoint tuned) {
    return Delta.between(base, tuned, Selection.ALL);
  }

  @Test
  void matchesNamesWithAndWithoutTheBertPrefix() {
    Delta delta =
        between(
            Checkpoints.of(tensor("encoder.w", 2), tensor("bert.pooler.w", 2), tensor("same", 2)),
            Checkpoints.of(tensor("bert.encoder.w", 2), tensor("pooler.w", 2), tensor("same", 2)));
    assertThat(delta.pairs()).containsOnlyKeys("bert.encoder.w", "pooler.w", "same");
    assertThat(delta.pairs().get("bert.encoder.w").base().name()).isEqualTo("encoder.w");
    assertThat(delta.pairs().get("pooler.w").base().name()).isEqualTo("bert.pooler.w");
    assertThat(delta.whole()).isEmpty();
  }

  @Test
  void neverGivesOneBaseTensorToTwo() {
    Delta delta =
        between(
            Checkpoints.of(tensor("w", 2)), Checkpoints.of(tensor("w", 2), tensor("bert.w", 2)));
    assertThat(delta.pairs()).containsOnlyKeys("w");
    assertThat(reasons(delta)).isEqualTo(Map.of("bert.w", Reason.ONLY_TUNED));
  }

  @Test
  void carriesWholeWhatOnlyTheTunedModelHasAndLeavesOutWhatOnlyTheBaseHas() {
    Delta delta =
        between(
            Checkpoints.of(tensor("w", 2), tensor("cls.predictions.bias", 2)),
            Checkpoints.of(tensor("bert.w", 2), tensor("classifier.bias", 3)));
    assertThat(reasons(delta)).isEqualTo(Map.of("classifier.bias", Reason.ONLY_TUNED));
    assertThat(delta.pairs()).containsOnlyKeys("bert.w");
    assertThat(delta.leftOut()).containsOnlyKeys("cls.predictions.bias");
  }

  @Test
  void namesDecideOnTiedEmbeddings() {
    Tensor words = tensor("embed_tokens.weight", 9, 2);
    Tensor output = tensor("lm_head.weight", 9, 2);
    Delta untied = between(Checkpoints.of(words), Checkpoints.of(words, output));
    assertThat(reasons(untied)).isEqualTo(Map.of("lm_head.weight", Reason.ONLY_TUNED));
    Delta tied = between(Checkpoints.of(words, output), Checkpoints.of(words));
    assertThat(tied.whole()).isEmpty();
    assertThat(tied.leftOut()).containsOnlyKeys("lm_head.weight");
  }

  @Test
  void carriesWholeWhatIsExcludedWhateverItsShape() {
    Selection selection = new Selection(Selection.Preset.ALL, List.of(), List.of("odd", "head"));
    Delta delta =
        Delta.between(
            Checkpoints.of(tensor("w", 2), tensor("odd", 2, 3)),
            Checkpoints.of(tensor("w", 2), tensor("odd", 3, 2), tensor("head", 1)),
            selection);
    assertThat(reasons(delta)).isEqualTo(Map.of("odd", Reason.EXCLUDED, "head", Reason.ONLY_TUNED));
    assertThat(delta.leftOut()).isEmpty();
  }

  @Test
  void carriesWholeWhatNoArithmeticCanTouch() {
    Checkpoint both = Checkpoints.of(tensor("w", 2), of(DType.I64, "position_ids", 2));
    assertThat(reasons(between(both, both))).isEqualTo(Map.of("position_ids", Reason.DTYPE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert.embeddings.word_embeddings.weight",
        "model.embed_tokens.weight",
        "transformer.wte.weight",
        "lm_head.weight",
        "lm_head.decoder.weight",
        "cls.predictions.decoder.weight",
        "vocab_projector.weight"
      })
  void carriesWholeAVocabularyOfAnotherSize(String name) {
    for (long rows : new long[] {8, 10}) {
      Delta delta =
          between(
              Checkpoints.of(tensor("w", 2), tensor(name, 9, 3)),
              Checkpoints.of(tensor("w", 2), tensor(name, rows, 3)));
      assertThat(reasons(delta)).isEqualTo(Map.of(name, Reason.VOCABULARY));
      assertThat(delta.leftOut()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cls.predictions.bias", "lm_head.bias", "predictions.decoder.bias"})
  void carriesWholeAnOutputBiasOfAnotherSize(String name) {
    Delta delta =
        between(
            Checkpoints.of(tensor("w", 2), tensor(name, 9)),
            Checkpoints.of(tensor("w", 2), tensor(name, 12)));
    assertThat(reasons(delta)).isEqualTo(Map.of(name, Reason.VOCABULARY));
  }

  @Test
  void refusesWhateverElseDiffersInAVocabulary() {
    Checkpoint base =
        Checkpoints.of(
            tensor("a.word_embeddings.weight", 9, 3),
            tensor("b.word_embeddings.weight", 9, 3),
            tensor("lm_head.bias"),
            tensor("position_embeddings.weight", 9, 3),
            tensor("lm_head.dense.weight", 9, 3));
    Checkpoint tuned =
        Checkpoints.of(
            tensor("a.word_embeddings.weight", 9, 4),
            tensor("b.word_embeddings.weight", 10, 3, 1),
            tensor("lm_head.bias", 4),
            tensor("position_embeddings.weight", 10, 3),
            tensor("lm_head.dense.weight", 10, 3));
    assertThatThrownBy(() -> between(base, tuned))
        .isInstanceOfSatisfying(MismatchException.class, e -> assertThat(e.problems()).hasSize(5));
  }

  @Test
  void listsEveryMismatchAtOnce() {
    Checkpoint base =
        Checkpoints.of(
            tensor("a", 2, 3),
            tensor("b", 4),
            tensor("ids", 2),
            tensor("bert.n.gamma", 2),
            tensor("roberta.n.weight", 2));
    Checkpoint tuned =
        Checkpoints.of(
            tensor("a", 3, 2), tensor("b", 5), of(DType.I64, "ids", 3), tensor("n.weight", 2));
    Selection selection = new Selection(Selection.Preset.ALL, List.of(), List.of("clasifier.*"));
    assertThatThrownBy(() -> Delta.between(base, tuned, selection))
        .isInstanceOfSatisfying(
            MismatchException.class,
            e ->
                assertThat(e.problems())
                    .containsExactly(
                        "exclude pattern 'clasifier.*' matches no tensor of the tuned model",
                        "tensor n.weight: bert.n.gamma and roberta.n.weight of the base both match",
                        "tensor a: shape [2, 3] in the base, [3, 2] in the tuned model",
                        "tensor b: shape [4] in the base, [5] in the tuned model",
                        "tensor ids: shape [2] in the base, [3] in the tuned model",
                        "tensor ids: dtype F32 in the base, I64 in the tuned model"));
  }

  @Test
  void anUnknownPrefixIsReportedAndNotCarriedWhole() {
    Checkpoint base = Checkpoints.of(tensor("a.w", 2), tensor("b.w", 2), tensor("c.w", 2));
    Checkpoint tuned = Checkpoints.of(tensor("a.w", 2), tensor("x.b.w", 2), tensor("x.c.w", 2));
    assertThatThrownBy(() -> between(base, tuned))
        .isInstanceOf(MismatchException.class)
        .hasMessageStartingWith("2 tensors have no counterpart for a leading part of their names")
        .hasMessageContaining("x.b.w of the tuned model, b.w of the base");
    Selection without = new Selection(Selection.Preset.ALL, List.of(), List.of("x.*"));
    assertThat(reasons(Delta.between(base, tuned, without)))
        .isEqualTo(Map.of("x.b.w", Reason.ONLY_TUNED, "x.c.w", Reason.ONLY_TUNED));
    // Of another shape it is another tensor: a head of the same module name, say.
    assertThat(reasons(between(base, Checkpoints.of(tensor("a.w", 2), tensor("x.b.w", 3)))))
        .isEqualTo(Map.of("x.b.w", Reason.ONLY_TUNED));
  }

  @Test
  void aHeadThatOnlyTheBaseHasIsCalledALikelySwap() {
    Checkpoint bare = Checkpoints.of(tensor("w", 2));
    Checkpoint headed =
        Checkpoints.of(tensor("bert.w", 2), tensor("classifier.weight", 2), tensor("cls.bias", 2));
    assertThat(between(headed, bare).report())
        .contains(
            "likely swapped: only the base has a task head, classifier.weight; is the base the"
                + " pre-trained model, and the tuned one the fine-tuned?");
    assertThat(between(bare, headed).report()).noneMatch(line -> line.contains("swapped"));
    // Heads of pre-training are the base's alone in any fine-tune.
    Checkpoint pretrained = Checkpoints.of(tensor("w", 2), tensor("cls.bias", 2));
    assertThat(between(pretrained, bare).report()).noneMatch(line -> line.contains("swapped"));
  }

  @Test
  void whatIsNotFiniteOnBothSidesAlikeHasNotChanged() {
    FloatTensor mask = new FloatTensor("w", new long[] {2}, new float[] {0, -1 / 0f});
    Delta.Pair pair = new Delta.Pair(mask, mask);
    assertThat(pair.at(1)).isZero();
    float[] into = new float[2];
    pair.read(0, into, new float[2], 2);
    assertThat(into).containsExactly(0, 0);
    FloatTensor other = new FloatTensor("w", new long[] {2}, new float[] {0, 1 / 0f});
    assertThatThrownBy(() -> new Delta.Pair(mask, other).at(1))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("a tensor that is excluded is carried as it is");
  }

  @Test
  void refusesCheckpointsWithNothingInCommon() {
    assertThatThrownBy(
            () -> between(Checkpoints.of(tensor("a", 2)), Checkpoints.of(tensor("b", 2))))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining("no tensor name in common");
  }

  @Test
  void refusesToPruneNothing() {
    Checkpoint both = Checkpoints.of(tensor("encoder.w", 2), tensor("encoder.v", 2));
    assertThatThrownBy(() -> Delta.between(both, both, Selection.of(Selection.Preset.DECODER)))
        .isInstanceOf(MismatchException.class)
        .hasMessage(
            "nothing to prune: every tensor of the tuned model is carried whole {excluded=2}");
  }

  @Test
  void readsTheSameInBulkAsOneByOne() {
    Tensor before = tensor("w", 100);
    Delta.Pair pair = new Delta.Pair(before, Checkpoints.tuned(3, before, "w"));
    float[] into = new float[60];
    pair.read(30, into, new float[60], 60);
    for (int i = 0; i < 60; i++) {
      assertThat(into[i]).isEqualTo(pair.at(30 + i));
    }
    float[] bad = Checkpoints.values(before);
    bad[77] = Float.NaN;
    Delta.Pair broken = new Delta.Pair(new FloatTensor("w", new long[] {100}, bad), pair.tuned());
    assertThatThrownBy(() -> broken.read(30, into, new float[60], 60))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("w of the base, element 77");
  }

  @Test
  void reportsWhatIsPrunedCarriedAndLeftOut() {
    List<Tensor> base = new ArrayList<>(List.of(of(DType.F32, "w", 2_000_000)));
    List<Tensor> tuned = new ArrayList<>(List.of(of(DType.BF16, "bert.w", 2_000_000)));
    base.add(tensor("v", 30, 40));
    tuned.add(tensor("v", 30, 40));
    base.add(tensor("lm_head.bias", 4));
    tuned.add(tensor("lm_head.bias", 5));
    tuned.add(tensor("classifier.weight", 2, 3));
    for (int i = 1; i <= 7; i++) {
      base.add(tensor("cls." + i, i));
    }
    Delta delta =
        between(
            Checkpoints.of(base.toArray(Tensor[]::new)),
            Checkpoints.of(tuned.toArray(Tensor[]::new)));
    assertThat(delta.report())
        .containsExactly(
            "2 tensors, 2.0 M entries to prune",
            "whole: classifier.weight [2, 3] (only in the tuned model)",
            "whole: lm_head.bias [5] (its vocabulary has another size than the base's)",
            "left out: cls.1 [1] (only in the base)",
            "left out: cls.2 [2] (only in the base)",
            "left out: cls.3 [3] (only in the base)",
            "left out: cls.4 [4] (only in the base)",
            "left out: cls.5 [5] (only in the base)",
            "left out: and 2 more (only in the base)");
  }

  private static Map<String, Reason> reasons(Delta delta) {
    Map<String, Reason> reasons = new TreeMap<>();
    delta.whole().forEach((name, whole) -> reasons.put(name, whole.reason()));
    return reasons;
  }

  private static Tensor of(DType dtype, String name, long... shape) {
    return new Header(name, dtype, shape);
  }

  /** A tensor whose values nobody may ask for: the delta must do with headers. */
  @RequiredArgsConstructor
  private static final class Header implements Tensor {
    private final String name;
    private final DType dtype;
    private final long[] shape;

    @Override
    public String name() {
      return name;
    }

    @Override
    public DType dtype() {
      return dtype;
    }

    @Override
    public long[] shape() {
      return shape;
    }

    @Override
    public void read(long from, float[] into, int offset, int length) {
      throw new AssertionError("read " + name);
    }
  }
}
