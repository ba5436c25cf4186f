package io.darex.bench.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.report.Block.Heading;
import io.darex.bench.report.Block.Paragraph;
import io.darex.bench.report.Block.Table;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.bench.report.Row.Spread;
import io.darex.prune.file.AtomicWrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What fine-tunes that differ in their seed alone come to together: {@code results.json} and the
 * report above their folders.
 *
 * @param task name of the task
 * @param encoder name of the pre-trained encoder
 * @param optimizer name of the optimiser
 * @param metric name of the metric
 * @param finetunes one row a seed
 * @param unpruned the tuned checkpoint, the base with the tuned head, and the baselines
 * @param pruned one row a drop rate and method
 * @param files the same with what each loses
 * @param dropRates of what the drop rates are, where not of all entries
 * @param made how, where and when the last of them was made
 */
public record Summary(
    String task,
    String encoder,
    String optimizer,
    String metric,
    List<Finetune> finetunes,
    List<Unpruned> unpruned,
    List<Pruned> pruned,
    @JsonIgnore List<FileLoss> files,
    @JsonIgnore Optional<String> dropRates,
    @JsonIgnore Made made) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** Copies the lists. */
  public Summary {
    finetunes = List.copyOf(finetunes);
    unpruned = List.copyOf(unpruned);
    pruned = List.copyOf(pruned);
    files = List.copyOf(files);
  }

  /**
   * One fine-tune.
   *
   * @param seed of it
   * @param folder with all its results
   * @param epochs that were trained
   * @param plannedEpochs that the schedule was made for
   * @param secondsPerEpoch mean, without the validation
   * @param tokensPerSecond of training, padding not counted
   * @param value the metric on GLUE dev
   * @param validation the metric on the held-out tenth of train
   */
  record Finetune(
      long seed,
      String folder,
      int epochs,
      int plannedEpochs,
      double secondsPerEpoch,
      double tokensPerSecond,
      double value,
      double validation) {}

  /**
   * Something that is not pruned, over all fine-tunes.
   *
   * @param name what
   * @param value the metric on GLUE dev
   * @param validation the metric on the held-out tenth of train
   */
  record Unpruned(String name, Spread value, Spread validation) {}

  /**
   * One method at one drop rate.
   *
   * @param dropRate mean fraction of delta entries dropped, as the mask counts them
   * @param method mask and rescale
   * @param q mean and spread over the fine-tunes, each of which finds its own; where tensors have
   *     their own, that of the others
   * @param qRange the smallest and the largest of any fine-tune where tensors have their own; else
   *     empty
   * @param value on GLUE dev: of each fine-tune the mean over mask seeds is taken, and of these the
   *     mean and the spread
   * @param validation likewise on the held-out tenth of train
   * @param maskStd standard deviation of {@code value} over the mask seeds of a fine-tune: the root
   *     of the mean variance; 0 where there is one mask seed, and so none
   * @param maskSeeds how many mask seeds each fine-tune has
   * @param bytes mean size of the sparse delta
   */
  record Pruned(
      double dropRate,
      String method,
      Spread q,
      List<Double> qRange,
      Spread value,
      Spread validation,
      double maskStd,
      long maskSeeds,
      double bytes) {}

  /**
   * Sums up.
   *
   * @param bySeed what each fine-tune found, all on the same axes of cells; not empty
   */
  public static Summary of(SortedMap<Long, Results> bySeed) {
    List<Results> all = List.copyOf(bySeed.values());
    Results first = all.get(0);
    List<Finetune> finetunes = new ArrayList<>();
    bySeed.forEach((seed, results) -> finetunes.add(finetune(seed, results)));
    List<Unpruned> unpruned = new ArrayList<>();
    unpruned.add(unpruned("tuned", all, Results::tuned));
    unpruned.add(unpruned(Report.NOTHING, all, Results::base));
    for (String name : first.baselines().keySet()) {
      unpruned.add(unpruned("baseline: " + name, all, results -> results.baselines().get(name)));
    }
    Map<String, List<Row>> rows = new LinkedHashMap<>();
    all.stream()
        .map(results -> Row.of(results.cells()))
        .flatMap(Collection::stream)
        .forEach(row -> rows.computeIfAbsent(row.key(), unused -> new ArrayList<>()).add(row));
    return new Summary(
        first.task(),
        first.encoder(),
        first.optimizer(),
        first.tuned().metric(),
        finetunes,
        unpruned,
        rows.values().stream().map(Summary::pruned).toList(),
        FileLoss.of(
            bySeed,
            bySeed.keySet().stream().collect(Collectors.toMap(seed -> seed, Summary::folder))),
        Sentences.dropRates(rows.values().stream().flatMap(Collection::stream).toList()),
        all.stream()
            .map(Results::made)
            .filter(Objects::nonNull)
            .max(Comparator.comparing(Made::date))
            .orElseGet(() -> Made.by(first.version())));
  }

  private static String folder(long seed) {
    return "seed-" + seed;
  }

  private static Finetune finetune(long seed, Results results) {
    return new Finetune(
        seed,
        folder(seed),
        results.training().size(),
        results.plannedEpochs(),
        results.training().isEmpty() ? 0 : Row.spread(results.training(), Epoch::seconds).mean(),
        results.tokensPerSecond(),
        results.tuned().value(),
        results.tuned().validation());
  }

  private static Unpruned unpruned(String name, List<Results> all, Function<Results, Score> score) {
    return new Unpruned(
        name,
        Row.spread(all, results -> score.apply(results).value()),
        Row.spread(all, results -> score.apply(results).validation()));
  }

  private static Pruned pruned(List<Row> rows) {
    Row first = rows.get(0);
    List<Double> qs = rows.stream().flatMap(row -> row.qRange().stream()).toList();
    return new Pruned(
        Row.spread(rows, Row::dropRate).mean(),
        first.method(),
        Row.spread(rows, Row::q),
        qs.isEmpty() ? List.of() : List.of(Collections.min(qs), Collections.max(qs)),
        Row.spread(rows, row -> row.value().mean()),
        Row.spread(rows, row -> row.validation().mean()),
        Math.sqrt(Row.spread(rows, row -> row.value().std() * row.value().std()).mean()),
        first.seeds(),
        Row.spread(rows, Row::bytes).mean());
  }

  /** Writes {@code results.json}, {@code report.md} and {@code report.html} over older ones. */
  public void write(Path folder) throws IOException {
    AtomicWrite.file(
        folder.resolve("results.json"), true, file -> Files.writeString(file, toJson()));
    String title = "darex: " + task + " on " + encoder + ", " + finetunes.size() + " fine-tunes";
    List<Block> blocks = new ArrayList<>();
    blocks.add(new Heading(1, title));
    Answer answer = answer();
    blocks.addAll(answer.lead(folder));
    blocks.add(new Heading(2, "Pictures"));
    answer.picture().ifPresent(blocks::add);
    blocks.add(new Heading(2, "Tables"));
    blocks.add(
        new Paragraph(
            (optimizer.equals(Results.GIVEN)
                    ? "The tuned checkpoint was given; the seeds choose the train/validation split"
                        + " alone."
                    : "Fine-tuned with "
                        + optimizer
                        + " from several seeds, which also choose the train/validation split.")
                + " Metric: "
                + metric
                + ". Values are mean ± standard deviation over the seeds. Each has its own report"
                + " in its folder."));
    if (!files.isEmpty()) {
      blocks.add(new Heading(3, "The smallest file that loses at most a point, by method"));
      blocks.add(answer.table());
    }
    blocks.add(new Heading(3, "Fine-tunes"));
    blocks.add(finetunesTable());
    blocks.add(new Heading(3, "Before pruning"));
    blocks.add(
        new Table(
            List.of("checkpoint", "dev", "validation"),
            unpruned.stream()
                .map(row -> List.of(row.name(), row.value() + "", row.validation() + ""))
                .toList()));
    blocks.add(new Heading(3, "Pruned"));
    blocks.add(
        new Paragraph(
            "The first ± is between fine-tunes, each taken as its mean over mask seeds; the column"
                + " ± masks is the standard deviation between the mask seeds of one fine-tune, of"
                + " which there is none with one mask seed."));
    blocks.add(prunedTable());
    dropRates.map(Paragraph::new).ifPresent(blocks::add);
    Map<String, String> more = new LinkedHashMap<>();
    more.put("task", task);
    more.put("base", encoder);
    more.put("fine-tune", optimizer);
    blocks.addAll(made.blocks(more));
    blocks.add(new Heading(2, "Files beside this report"));
    List<List<String>> beside = new ArrayList<>();
    beside.add(List.of("results.json", "every number of this page"));
    finetunes.forEach(
        each ->
            beside.add(
                List.of(each.folder() + "/report.html", "all of the fine-tune of this seed")));
    files.forEach(
        file ->
            file.files()
                .forEach(
                    name ->
                        beside.add(
                            List.of(name, file.method() + " of " + Answer.size(file.bytes())))));
    blocks.add(
        new Table(
            List.of("file", "what"), beside, beside.stream().map(line -> line.get(0)).toList()));
    Page.write(folder, title, blocks);
  }

  Answer answer() {
    return new Answer(
        made.base().isEmpty() ? encoder : made.base(),
        metric,
        files,
        unpruned.get(0).value().mean(),
        unpruned.get(1).value().mean(),
        "fine-tunes, each against its own unpruned model");
  }

  private Table finetunesTable() {
    return new Table(
        List.of("seed", "folder", "dev", "validation", "epochs", "s an epoch", "tokens/s"),
        finetunes.stream()
            .map(
                row ->
                    List.of(
                        row.seed() + "",
                        row.folder(),
                        form("%.3f", row.value()),
                        form("%.3f", row.validation()),
                        row.epochs() < row.plannedEpochs()
                            ? row.epochs() + " of " + row.plannedEpochs()
                            : row.epochs() + "",
                        row.epochs() == 0 ? "–" : form("%.0f", row.secondsPerEpoch()),
                        row.tokensPerSecond() > 0 ? form("%.0f", row.tokensPerSecond()) : "–"))
            .toList());
  }

  private Table prunedTable() {
    return new Table(
        List.of("method", "file", "drop rate", "q", "dev", "± masks", "validation"),
        Row.bySize(pruned, Pruned::method, Pruned::bytes).stream()
            .map(
                row ->
                    List.of(
                        row.method(),
                        Answer.size(row.bytes()),
                        Row.dropRateWords(row.dropRate()),
                        row.qRange().isEmpty()
                            ? row.q().form("%.4g", "%.2g")
                            : Row.words(row.qRange()),
                        row.value() + "",
                        row.maskSeeds() > 1 && !Double.isNaN(row.maskStd())
                            ? form("%.3f", row.maskStd())
                            : "–",
                        row.validation() + ""))
            .toList());
  }

  private static String form(String format, double number) {
    return String.format(Locale.ROOT, format, number);
  }

  /** As JSON text. */
  String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
