package io.darex.bench.select;

import io.darex.bench.report.Block;
import io.darex.bench.report.Block.Code;
import io.darex.bench.report.Block.Heading;
import io.darex.bench.report.Block.Lead;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Picture;
import io.darex.bench.report.Block.Table;
import io.darex.bench.report.Charts;
import io.darex.bench.report.Made;
import io.darex.bench.report.Page;
import io.darex.bench.select.Answer.Measured;
import io.darex.bench.select.Answer.Row;
import io.darex.bench.select.Measurements.PrunedTensor;
import io.darex.bench.select.Smallest.Step;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.rescale.LayerInfluences;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/** A selection as one page of HTML that needs no other file. */
public final class SelectPage {
  private static final double PERCENT = 100;

  private SelectPage() {}

  /**
   * The page.
   *
   * @param qFile what the recipe calls its file of q's
   * @param command what makes the file
   * @param made how, where and when
   */
  public static String of(Answer answer, String qFile, String command, Made made) {
    String title = "darex select: " + answer.target();
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Heading(1, title));
    blocks.add(new Lead("Recommended: " + answer.method() + "."));
    blocks.add(new Code(command));
    answer.remarks().forEach(remark -> blocks.add(new Paragraph(remark)));
    answer
        .trial()
        .ifPresent(
            measured -> {
              blocks.add(new Heading(2, "Picture"));
              blocks.add(picture(measured));
            });
    recipe(answer.recipe(), qFile, blocks);
    answer.trial().ifPresent(measured -> trial(measured, blocks));
    blocks.add(new Heading(2, "Decisions"));
    blocks.add(
        new Table(
            List.of("question", "which way", "measured", "threshold"),
            answer.decisions().stream()
                .map(
                    each -> List.of(each.question(), each.way(), each.measured(), each.threshold()))
                .toList()));
    blocks.add(new Heading(2, "Delta"));
    blocks.add(
        new Table(
            List.of("tensor", "entries", "mean |Δ|", "variance", "c̄", "σ", "r", "error at 1−p"),
            answer.measurements().tensors().stream()
                .map(each -> cells(each, answer.dropRate()))
                .toList()));
    blocks.addAll(made.blocks(new LinkedHashMap<>()));
    return Page.html(title, blocks);
  }

  /**
   * The page of a smallest file.
   *
   * @param command what makes the file
   * @param made how, where and when
   */
  public static String of(Smallest smallest, String command, Made made) {
    String title =
        "darex select: a loss of at most " + smallest.tolerance() + " of " + smallest.metric();
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Heading(1, title));
    List<String> sentences = smallest.sentences();
    blocks.add(new Lead(sentences.get(0) + " " + sentences.get(1)));
    blocks.add(new Code(command));
    sentences.subList(2, sentences.size()).forEach(each -> blocks.add(new Paragraph(each)));
    blocks.add(new Heading(2, "Picture"));
    List<Step> steps =
        smallest.steps().stream().sorted(Comparator.comparingLong(Step::bytes)).toList();
    blocks.add(
        Charts.lossAgainstBytes(
            smallest.metric(),
            steps.stream()
                .map(
                    step ->
                        new Charts.Lost(
                            step.method(), (double) step.bytes(), step.loss(), step.width()))
                .toList(),
            smallest.tolerance(),
            (double) smallest.bytes()));
    recipe(smallest.recipe(), "", blocks);
    blocks.add(new Heading(2, "Sizes"));
    blocks.add(
        new Table(
            List.of("at most", "method", "q", "loss", "95 %", "draws within", "allowed"),
            steps.stream().map(SelectPage::cells).toList()));
    blocks.addAll(made.blocks(new LinkedHashMap<>()));
    return Page.html(title, blocks);
  }

  private static List<String> cells(Step step) {
    return List.of(
        ByteSize.text(step.bytes()),
        step.method(),
        Words.number(step.q()),
        String.format(Locale.ROOT, "%.4f", step.loss()),
        String.format(Locale.ROOT, "± %.4f", step.width()),
        String.format(Locale.ROOT, "%.0f %%", PERCENT * step.sure()),
        step.allowed() ? "yes" : "no");
  }

  private static void recipe(RecipeText recipe, String qFile, List<Block> blocks) {
    blocks.add(new Heading(2, "Recipe for darex prune --config"));
    blocks.add(new Code(recipe.yaml(qFile)));
    if (recipe.hasQFile()) {
      blocks.add(new Heading(3, qFile));
      blocks.add(new Code(recipe.qYaml()));
    }
  }

  private static Picture picture(Measured measured) {
    return Charts.intervals(
        measured.metric(),
        measured.rows().stream().map(Answer.Row::name).toList(),
        measured.rows().stream().map(Answer.Row::score).toList(),
        measured.rows().stream().map(Answer.Row::width).toList(),
        measured.tuned());
  }

  private static void trial(Measured measured, List<Block> blocks) {
    blocks.add(new Heading(2, "Trial"));
    blocks.add(
        new Paragraph(
            String.format(
                Locale.ROOT,
                "%s on %d texts of %s, masks of seeds %s%s. Intervals are 95 %%: texts by a"
                    + " bootstrap, %s.",
                measured.metric(),
                measured.texts(),
                measured.proxy() ? "the calibration file" : "validation",
                measured.seeds(),
                measured.tuned().isPresent()
                    ? String.format(
                        Locale.ROOT, "; tuned model %.4f", measured.tuned().getAsDouble())
                    : "",
                Words.masks(measured))));
    blocks.add(
        new Table(
            List.of(
                "candidate",
                "q",
                "drop rate",
                "score",
                "95 %",
                "behind",
                "95 %",
                "masks",
                "seconds"),
            measured.rows().stream().map(SelectPage::cells).toList()));
    measured.skipped().forEach(line -> blocks.add(new Paragraph(line)));
  }

  private static List<String> cells(Row row) {
    return List.of(
        row.name() + (row.chosen() ? " (recommended)" : ""),
        row.q(),
        Double.toString(row.dropRate()),
        String.format(Locale.ROOT, "%.4f", row.score()),
        String.format(Locale.ROOT, "± %.4f", row.width()),
        String.format(Locale.ROOT, "%.4f", row.behind()),
        String.format(Locale.ROOT, "± %.4f", row.behindWidth()),
        Integer.toString(row.masks()),
        String.format(Locale.ROOT, "%.1f", row.seconds()));
  }

  private static List<String> cells(PrunedTensor tensor, double dropRate) {
    List<String> cells = new ArrayList<>();
    cells.add(tensor.name());
    cells.add(Long.toString(tensor.entries()));
    cells.add(String.format(Locale.ROOT, "%.2e", tensor.meanAbsolute()));
    cells.add(String.format(Locale.ROOT, "%.2e", tensor.variance()));
    if (tensor.influences().isEmpty()) {
      cells.addAll(List.of("", "", "", ""));
    } else {
      LayerInfluences layer = tensor.influences().get();
      cells.add(String.format(Locale.ROOT, "%.2e", layer.mean()));
      cells.add(String.format(Locale.ROOT, "%.2e", layer.deviation()));
      cells.add(Words.number(layer.alignment()));
      cells.add(Words.number(layer.errorAtKeepRate(dropRate)));
    }
    return cells;
  }
}
