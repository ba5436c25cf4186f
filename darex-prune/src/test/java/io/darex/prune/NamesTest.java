package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class NamesTest {
  private final List<String> problems = new ArrayList<>();

  private Map<String, String> match(Set<String> tuned, Set<String> base) {
    return new Names(tuned, base).match(new TreeSet<>(tuned), problems);
  }

  @Test
  void aPrefixMayBeThereOrNot() {
    for (String prefix :
        List.of("albert.", "bert.", "deberta.", "distilbert.", "electra.", "roberta.")) {
      assertThat(match(Set.of(prefix + "x.w"), Set.of("x.w")))
          .isEqualTo(Map.of(prefix + "x.w", "x.w"));
      assertThat(match(Set.of("x.w"), Set.of(prefix + "x.w")))
          .isEqualTo(Map.of("x.w", prefix + "x.w"));
    }
    assertThat(match(Set.of("bart.x"), Set.of("x"))).isEmpty();
    assertThat(match(Set.of("bert.bert.x"), Set.of("x"))).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void whatWrapsAModelDoesNotCount() {
    for (String wrapper :
        List.of(
            "module.",
            "_orig_mod.",
            "model.",
            "0.auto_model.",
            "module._orig_mod.bert.",
            "_fsdp_wrapped_module.mpnet.",
            "model.model.roberta.")) {
      assertThat(match(Set.of(wrapper + "x.w"), Set.of("x.w")))
          .isEqualTo(Map.of(wrapper + "x.w", "x.w"));
      assertThat(match(Set.of("x.w"), Set.of(wrapper + "x.w")))
          .isEqualTo(Map.of("x.w", wrapper + "x.w"));
    }
    assertThat(match(Set.of("module.bert.x._orig_mod.w"), Set.of("bert.x.w"))).hasSize(1);
    assertThat(match(Set.of("module.electra.x"), Set.of("bert.x"))).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void looksAlikeWhereALeadingPartIsUnknown() {
    assertThat(
            Names.lookAlikes(
                Set.of("net.encoder.w", "classifier.w", "pooler.gamma"),
                Set.of("bert.encoder.w", "my.bert.pooler.weight", "decoder.w")))
        .isEqualTo(
            Map.of("net.encoder.w", "bert.encoder.w", "pooler.gamma", "my.bert.pooler.weight"));
  }

  @Test
  void anotherModelsPrefixDoesNotMatch() {
    assertThat(match(Set.of("electra.x"), Set.of("bert.x"))).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void layerNormMayUseItsOldWords() {
    assertThat(
            match(
                Set.of("bert.LayerNorm.weight", "bert.LayerNorm.bias", "n.gamma", "beta"),
                Set.of("LayerNorm.gamma", "bert.LayerNorm.beta", "n.weight", "bias")))
        .isEqualTo(
            Map.of(
                "bert.LayerNorm.weight", "LayerNorm.gamma",
                "bert.LayerNorm.bias", "bert.LayerNorm.beta",
                "n.gamma", "n.weight",
                "beta", "bias"));
    assertThat(match(Set.of("gamma.x", "my_gamma"), Set.of("weight.x", "my_weight"))).isEmpty();
    assertThat(problems).isEmpty();
  }

  @Test
  void theSameNameComesFirst() {
    assertThat(match(Set.of("w"), Set.of("w", "bert.w"))).isEqualTo(Map.of("w", "w"));
    assertThat(match(Set.of("w", "bert.w"), Set.of("w"))).isEqualTo(Map.of("w", "w"));
    assertThat(problems).isEmpty();
  }

  @Test
  void severalCandidatesAreNamedAndNonePicked() {
    assertThat(match(Set.of("n.weight"), Set.of("roberta.n.gamma", "bert.n.weight"))).isEmpty();
    assertThat(problems)
        .containsExactly(
            "tensor n.weight: bert.n.weight and roberta.n.gamma of the base both match");
  }

  @Test
  void severalTakersAreNamedAndNoneServed() {
    assertThat(match(Set.of("roberta.w", "bert.w"), Set.of("w"))).isEmpty();
    assertThat(problems).containsExactly("tensor w of the base: bert.w and roberta.w both match");
  }

  @Test
  void whatIsNotWantedTakesNothing() {
    Names names = new Names(Set.of("roberta.w", "bert.w"), Set.of("w"));
    assertThat(names.match(Set.of("bert.w"), problems)).isEqualTo(Map.of("bert.w", "w"));
    assertThat(problems).isEmpty();
  }

  @Provide
  Arbitrary<Set<String>> names() {
    return Combinators.combine(
            Arbitraries.of("", "bert.", "roberta."),
            Arbitraries.of("a.", ""),
            Arbitraries.of("weight", "gamma", "bias", "beta"))
        .as((prefix, module, last) -> prefix + module + last)
        .set();
  }

  /** Against the definition, name by name and pair by pair. */
  @Property
  void isTheStatedRule(@ForAll("names") Set<String> tuned, @ForAll("names") Set<String> base) {
    problems.clear();
    Map<String, String> matches = match(tuned, base);
    for (String name : tuned) {
      Set<String> fitting = new TreeSet<>();
      for (String other : base) {
        if (!tuned.contains(other) && mayBeTheSame(name, other)) {
          fitting.add(other);
        }
      }
      if (base.contains(name)) {
        assertThat(matches).containsEntry(name, name);
      } else if (fitting.size() == 1 && matches.containsKey(name)) {
        assertThat(fitting).containsExactly(matches.get(name));
      } else {
        assertThat(matches).doesNotContainKey(name);
        boolean explained = problems.stream().anyMatch(problem -> problem.contains(name));
        assertThat(explained || fitting.isEmpty()).isTrue();
      }
    }
    assertThat(matches.values()).doesNotHaveDuplicates();
  }

  private static boolean mayBeTheSame(String one, String other) {
    String a = one.replaceFirst("gamma$", "weight").replaceFirst("beta$", "bias");
    String b = other.replaceFirst("gamma$", "weight").replaceFirst("beta$", "bias");
    return a.equals(b)
        || a.equals("bert." + b)
        || a.equals("roberta." + b)
        || b.equals("bert." + a)
        || b.equals("roberta." + a);
  }
}
