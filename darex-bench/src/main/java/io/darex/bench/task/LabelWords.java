package io.darex.bench.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What the labels of a task may be called.
 *
 * @param names the labels, in index order
 * @param written as its files write them; none in a regression
 */
record LabelWords(List<String> names, List<String> written) {
  /** Words for one and the same, without case and separators. */
  private static final List<List<String>> SAME =
      List.of(
          List.of("negative", "neg"),
          List.of("positive", "pos"),
          List.of("neutral", "neu"),
          List.of("entailment", "entail", "entails", "entailed"),
          List.of("notentailment", "nonentailment", "notentailed", "notentail", "noentailment"),
          List.of("contradiction", "contradict", "contradicts", "contradictory"),
          List.of("equivalent", "duplicate", "paraphrase", "isduplicate", "isparaphrase"),
          List.of(
              "notequivalent",
              "notduplicate",
              "notparaphrase",
              "nonequivalent",
              "nonduplicate",
              "nonparaphrase",
              "noparaphrase"),
          List.of("acceptable", "grammatical"),
          List.of("unacceptable", "notacceptable", "ungrammatical"),
          List.of("yes", "true"),
          List.of("no", "false"));

  private static final List<String> NO =
      List.of("negative", "no", "unacceptable", "notequivalent", "notentailment");

  private static final List<String> YES =
      List.of("positive", "yes", "acceptable", "equivalent", "entailment");

  /** What transformers calls classes without names, or a bare number. */
  private static final Pattern NUMBER = Pattern.compile("(?:label|class)?(\\d{1,6})");

  /** The index of the label that a class of this name is; empty where the name does not tell. */
  OptionalInt label(String name) {
    String bare = bare(name);
    return first(names, bare)
        .or(() -> first(written, bare))
        .map(OptionalInt::of)
        .orElseGet(() -> meaning(bare));
  }

  private static Optional<Integer> first(List<String> labels, String bare) {
    return IntStream.range(0, labels.size())
        .filter(i -> bare(labels.get(i)).equals(bare))
        .boxed()
        .findFirst();
  }

  private OptionalInt meaning(String bare) {
    return SAME.stream()
        .filter(words -> words.contains(bare))
        .flatMapToInt(
            words ->
                IntStream.range(0, names.size())
                    .filter(
                        i ->
                            words.contains(bare(names.get(i)))
                                || (!written.isEmpty() && words.contains(bare(written.get(i))))))
        .findFirst();
  }

  /**
   * {@code Not Entailment}, {@code not-entailment} and {@code not_entailment} are one label, and so
   * are {@code 2 stars} and {@code 2}.
   */
  private static String bare(String name) {
    return name.toLowerCase(Locale.ROOT)
        .replaceAll("[-_ ]", "")
        .replaceFirst("^(\\d+)stars?$", "$1");
  }

  /**
   * The labels of classes that are called by numbers, {@code LABEL_0} and the like: the numbers are
   * those that the files write, where these are numbers, or else places.
   */
  static Optional<int[]> numbers(List<String> classes, List<String> written) {
    int[] numbers = classes.stream().mapToInt(LabelWords::number).toArray();
    if (Arrays.stream(numbers).anyMatch(number -> number < 0)) {
      return Optional.empty();
    }
    int[] inFiles = written.stream().mapToInt(LabelWords::number).toArray();
    int[] byFiles =
        Arrays.stream(numbers)
            .map(
                number ->
                    IntStream.range(0, inFiles.length)
                        .filter(i -> inFiles[i] == number)
                        .findFirst()
                        .orElse(-1))
            .toArray();
    boolean all = Arrays.stream(byFiles).noneMatch(label -> label < 0);
    return Optional.of(all ? byFiles : numbers);
  }

  /**
   * The labels of two classes where the files write 0 and 1: 1 is what is so, or positive.
   *
   * @return empty if the classes or the files have other words
   */
  static Optional<int[]> truths(List<String> classes, List<String> written) {
    int zero = written.indexOf("0");
    int one = written.indexOf("1");
    if (written.size() != 2 || zero < 0 || one < 0) {
      return Optional.empty();
    }
    LabelWords no = new LabelWords(NO, List.of());
    LabelWords yes = new LabelWords(YES, List.of());
    int[] labels =
        classes.stream()
            .mapToInt(
                name -> no.label(name).isPresent() ? zero : yes.label(name).isPresent() ? one : -1)
            .toArray();
    return Optional.of(labels);
  }

  private static int number(String name) {
    Matcher number = NUMBER.matcher(bare(name));
    return number.matches() ? Integer.parseInt(number.group(1)) : -1;
  }
}
