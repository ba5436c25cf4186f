package io.darex.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a report says of where its numbers are from. */
final class Sentences {
  private static final String LABELLED = "q-labelled";

  /** Rescales that look at texts; all of these but the first at texts without labels. */
  private static final String TEXTS = "q-";

  /** Masks that drop a fraction of the non-zeros. */
  private static final Set<String> BY_SIZE = Set.of("magnitude", "wanda");

  private Sentences() {}

  /** The paragraph that a report of one fine-tune begins with. */
  static String head(Results results, List<Row> rows) {
    List<String> said = new ArrayList<>();
    boolean given = results.optimizer().equals(Results.GIVEN);
    said.add(
        given
            ? "The tuned checkpoint was given; what it was tuned on is not known here, so texts of"
                + " validation and dev may have been among it."
            : "Fine-tuned with " + results.optimizer() + ".");
    said.addAll(sources(rows));
    said.add(
        given
            ? "Nothing of this run was searched on the column dev."
            : "The column dev was never searched or tuned on; validation chose the epoch.");
    said.add(values(rows));
    return String.join(" ", said);
  }

  /** Which texts were looked at to find q, to choose entries and to spread the drop rate. */
  static List<String> sources(List<Row> rows) {
    TreeSet<String> labelled = new TreeSet<>();
    TreeSet<String> unlabelled = new TreeSet<>();
    TreeSet<String> importance = new TreeSet<>();
    for (Row row : rows) {
      if (row.rescale().equals(LABELLED)) {
        labelled.add(row.rescale());
      } else if (row.rescale().startsWith(TEXTS)) {
        unlabelled.add(row.rescale());
      }
      if (row.mask().equals("wanda")) {
        unlabelled.add("mask wanda");
      }
      if (row.budget().equals("apl")) {
        importance.add("budget apl");
      }
    }
    List<String> said = new ArrayList<>();
    if (!labelled.isEmpty()) {
      said.add("The q of q-labelled was searched on validation, which is held out of train.");
    }
    if (!unlabelled.isEmpty()) {
      said.add("Looking at texts of train without their labels: " + words(unlabelled) + ".");
    }
    if (!importance.isEmpty()) {
      said.add("Looking at train with its labels: " + words(importance) + ".");
    }
    if (said.isEmpty()) {
      said.add("No q was searched and no text looked at to prune.");
    }
    return said;
  }

  private static String words(Set<String> names) {
    return String.join(", ", names);
  }

  private static String values(List<Row> rows) {
    boolean several = rows.stream().anyMatch(row -> row.seeds() > 1);
    boolean single = rows.stream().anyMatch(row -> row.seeds() == 1);
    if (!several) {
      return "Values are of one mask seed.";
    }
    return "Values are mean ± standard deviation over mask seeds"
        + (single ? ", without the latter where there is one seed." : ".");
  }

  /** Of what the drop rates are, where not of all entries. */
  static Optional<String> dropRates(List<Row> rows) {
    TreeSet<String> masks = new TreeSet<>();
    rows.stream().map(Row::mask).filter(BY_SIZE::contains).forEach(masks::add);
    return masks.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "The drop rate is of the entries that changed where the mask is "
                + String.join(" or ", masks)
                + ": exact zeros of the delta are not counted as dropped.");
  }

  /** What a picture of searches shows. */
  static String searches(List<Row> searches) {
    Map<Boolean, String> seen =
        new TreeMap<>(
            Map.of(
                true, "the change of the output on texts of train",
                false, "the metric on validation"));
    seen.keySet()
        .removeIf(change -> searches.stream().noneMatch(row -> Charts.isChange(row) == change));
    return "What the searches saw, " + String.join(" and ", seen.values()) + ",";
  }

  /** Whether a fine-tune pulls toward the base: Adam is AdamR without a pull. */
  static boolean pulls(String optimizer) {
    return optimizer.startsWith("adamr");
  }
}
