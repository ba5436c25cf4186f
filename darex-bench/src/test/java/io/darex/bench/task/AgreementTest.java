package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.task.Lexicon.Kind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static final List<Example> TRAIN = Agreement.DEFAULT.train();
  private static final List<Example> DEV = Agreement.DEFAULT.dev();
  private static final Map<String, Boolean> PLURAL = plurals();

  private static final Set<String> SINGULAR_VERBS = Set.of("is", "was", "has", "does");
  private static final Set<String> PLURAL_VERBS = Set.of("are", "were", "have", "do");

  @Test
  void isTheSameEverywhereAndForever() throws Exception {
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    for (List<Example> split : List.of(TRAIN, DEV)) {
      for (Example example : split) {
        sha.update(
            ((int) example.label() + "\t" + example.text() + "\n")
                .getBytes(StandardCharsets.UTF_8));
      }
    }
    // Published results are on this corpus; a change to it needs a new name.
    assertThat(HexFormat.of().formatHex(sha.digest()))
        .isEqualTo("e3b7401b3cfc29a01072d74cd1dc68d73a0ec07a5ec8891992bb0688db4b2392");
  }

  @Test
  void seedsGiveOtherCorpora() {
    Agreement other = new Agreement(1, 4000, 1000);
    Set<String> texts = new HashSet<>(texts(TRAIN));
    texts.retainAll(texts(other.train()));
    assertThat(texts).hasSizeLessThan(40);
  }

  @Test
  void hasTheSizesAskedFor() {
    assertThat(TRAIN).hasSize(4000);
    assertThat(DEV).hasSize(1000);
    Agreement small = new Agreement(3, 40, 80);
    assertThat(small.train()).hasSize(40);
    assertThat(small.dev()).hasSize(80);
    assertThat(new Agreement(0, 40, 20_000).dev()).hasSize(20_000);
    for (int size : new int[] {0, -40, 41, 20_040}) {
      assertThatIllegalArgumentException().isThrownBy(() -> new Agreement(0, size, 40));
      assertThatIllegalArgumentException().isThrownBy(() -> new Agreement(0, 40, size));
    }
  }

  @Test
  void nothingIsTwiceNorInBothSplits() {
    assertThat(texts(TRAIN)).doesNotHaveDuplicates();
    assertThat(texts(DEV)).doesNotHaveDuplicates().doesNotContainAnyElementsOf(texts(TRAIN));
  }

  @Test
  void splitsShareNoContentWord() {
    assertThat(contentWords("dev")).doesNotContainAnyElementsOf(contentWords("train"));
    assertThat(wordsOf(DEV)).doesNotContainAnyElementsOf(contentWords("train"));
    assertThat(wordsOf(TRAIN)).doesNotContainAnyElementsOf(contentWords("dev"));
  }

  /** All words are used, so that no typing error hides in the list. */
  @Test
  void everyEntryOccurs() {
    for (String split : List.of("train", "dev")) {
      Lexicon lexicon = Lexicon.of(split);
      Set<String> used = wordsOf(split.equals("dev") ? DEV : TRAIN);
      assertThat(lexicon.entries()).containsOnlyKeys(Kind.values());
      lexicon
          .entries()
          .forEach(
              (kind, entries) -> entries.forEach(e -> assertThat(e).containsAnyElementsOf(used)));
    }
  }

  @Test
  void labelsAreEvenInEverySplit() {
    assertThat(acceptable(TRAIN)).isEqualTo(2000);
    assertThat(acceptable(DEV)).isEqualTo(500);
    double[] all = new double[1000];
    Arrays.fill(all, 1);
    assertThat(Metric.MATTHEWS.of(gold(DEV), all)).hasValue(0);
  }

  /** Constructions are told apart by what only they have. */
  @Test
  void labelsAreEvenInEveryConstruction() {
    Map<String, Function<String, Boolean>> marks =
        Map.of(
            "question", s -> s.endsWith("?"),
            "existential", s -> s.startsWith("There "),
            "quantified", s -> s.matches("(One|Only one|Exactly one|Two|Several|Many) of .*"),
            "coordination", s -> s.contains(" and "),
            "complement",
                s -> s.matches(".* (thought|knew|noticed|believed|claimed|felt) that .*"));
    marks.forEach(
        (name, mark) -> {
          for (List<Example> split : List.of(TRAIN, DEV)) {
            List<Example> some = split.stream().filter(e -> mark.apply(e.text())).toList();
            assertThat(some).as(name).hasSize(split.size() / 10);
            assertThat(acceptable(some)).as(name).isEqualTo(split.size() / 20);
          }
        });
  }

  /** Of each form of an auxiliary, half stands in acceptable sentences. */
  @Test
  void verbFormsTellNothing() {
    Set<String> forms = new HashSet<>(SINGULAR_VERBS);
    forms.addAll(PLURAL_VERBS);
    for (String form : forms) {
      List<Example> with = TRAIN.stream().filter(e -> words(e).contains(form)).toList();
      assertThat(with).hasSizeGreaterThan(300);
      assertThat((double) acceptable(with) / with.size()).as(form).isCloseTo(0.5, within(0.06));
    }
  }

  @Test
  void wordsPairsOfNeighboursAndLengthTellNothing() {
    assertThat(naiveBayes(AgreementTest::words)).isCloseTo(0, within(0.15));
    assertThat(naiveBayes(e -> List.of("" + words(e).size()))).isCloseTo(0, within(0.1));
    assertThat(naiveBayes(e -> List.of("" + e.text().length() / 4))).isCloseTo(0, within(0.1));
    assertThat(naiveBayes(e -> last(e, 1))).isCloseTo(0, within(0.1));
    assertThat(naiveBayes(e -> last(e, 2))).isCloseTo(0, within(0.1));
    // With the nouns' number in the place of the nouns, which dev does not share.
    assertThat(naiveBayes(AgreementTest::tags)).isCloseTo(0, within(0.15));
  }

  /** What a reader can do without grammar: match every auxiliary with one noun chosen by place. */
  @Test
  void noPlaceOfANounServesForAll() {
    assertThat(heuristic((nouns, before) -> nouns.get(Math.max(0, before - 1)))).isLessThan(0.5);
    assertThat(heuristic((nouns, before) -> nouns.get(Math.min(before, nouns.size() - 1))))
        .isLessThan(0.5);
    assertThat(heuristic((nouns, before) -> nouns.get(0))).isLessThan(0.6);
    assertThat(heuristic((nouns, before) -> nouns.get(nouns.size() - 1))).isLessThan(0.5);
  }

  private interface Place {
    boolean plural(List<Boolean> nouns, int before);
  }

  /** Matthews correlation on dev of: acceptable if the first finite auxiliary matches the noun. */
  private static double heuristic(Place place) {
    List<Example> usable = new ArrayList<>();
    List<Integer> predicted = new ArrayList<>();
    for (Example example : DEV) {
      List<Boolean> nouns = new ArrayList<>();
      int before = -1;
      boolean pluralVerb = false;
      for (String word : words(example)) {
        if (PLURAL.containsKey(word)) {
          nouns.add(PLURAL.get(word));
        } else if (before < 0 && (SINGULAR_VERBS.contains(word) || PLURAL_VERBS.contains(word))) {
          before = nouns.size();
          pluralVerb = PLURAL_VERBS.contains(word);
        }
      }
      if (before >= 0) {
        usable.add(example);
        predicted.add(place.plural(nouns, before) == pluralVerb ? 1 : 0);
      }
    }
    assertThat(usable).hasSizeGreaterThan(700);
    return matthews(usable, predicted.stream().mapToDouble(Integer::doubleValue).toArray());
  }

  /** Matthews correlation on dev of a Naive Bayes classifier of train. */
  private static double naiveBayes(Function<Example, List<String>> features) {
    Map<String, double[]> counts = new HashMap<>();
    double[] total = new double[2];
    for (Example example : TRAIN) {
      for (String feature : features.apply(example)) {
        counts.computeIfAbsent(feature, f -> new double[] {1, 1})[(int) example.label()]++;
        total[(int) example.label()]++;
      }
    }
    double[] predicted =
        DEV.stream()
            .mapToDouble(
                example -> {
                  double odds = 0;
                  for (String feature : features.apply(example)) {
                    double[] count = counts.getOrDefault(feature, total);
                    odds += Math.log(count[1] / total[1]) - Math.log(count[0] / total[0]);
                  }
                  return odds > 0 ? 1 : 0;
                })
            .toArray();
    return matthews(DEV, predicted);
  }

  private static List<String> tags(Example example) {
    List<String> tags = new ArrayList<>();
    for (String word : words(example)) {
      tags.add(PLURAL.containsKey(word) ? (PLURAL.get(word) ? "nouns" : "noun") : word);
    }
    return tags;
  }

  private static List<String> last(Example example, int fromEnd) {
    List<String> tags = tags(example);
    return List.of(tags.get(tags.size() - fromEnd));
  }

  private static Map<String, Boolean> plurals() {
    Map<String, Boolean> plural = new HashMap<>();
    for (String split : List.of("train", "dev")) {
      for (Kind kind : List.of(Kind.PERSON, Kind.THING)) {
        for (List<String> noun : Lexicon.of(split).entries().get(kind)) {
          plural.put(noun.get(0), false);
          plural.put(noun.get(1), true);
        }
      }
    }
    return plural;
  }

  private static Set<String> contentWords(String split) {
    Set<String> words = new HashSet<>();
    Lexicon.of(split).entries().values().forEach(entries -> entries.forEach(words::addAll));
    return words;
  }

  private static Set<String> wordsOf(List<Example> examples) {
    Set<String> words = new HashSet<>();
    examples.forEach(example -> words.addAll(words(example)));
    return words;
  }

  private static List<String> words(Example example) {
    return Stream.of(example.text().toLowerCase(Locale.ROOT).split("[ .?]+", -1))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private static List<String> texts(List<Example> examples) {
    return examples.stream().map(Example::text).toList();
  }

  private static double matthews(List<Example> examples, double[] predicted) {
    return Metric.MATTHEWS.of(gold(examples), predicted).orElseThrow();
  }

  private static double[] gold(List<Example> examples) {
    return examples.stream().mapToDouble(Example::label).toArray();
  }

  private static long acceptable(List<Example> examples) {
    return examples.stream().filter(example -> example.label() == 1).count();
  }
}
