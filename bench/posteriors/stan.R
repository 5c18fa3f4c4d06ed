# Stan as a peer: compiles a model once, then answers each line `seed draws file` with a run of four chains of as many
# draws after as long a warm-up, its times by Stan's own clock, and writes the draws to the file.
suppressMessages(suppressWarnings({
  library(rstan)
  library(jsonlite)
}))
args <- commandArgs(trailingOnly = TRUE)
if (dir.exists("/usr/include/boost")) rstan_options(boost_lib = "/usr/include")
data <- fromJSON(args[2])
tell <- function(x) cat(toJSON(x, auto_unbox = TRUE, digits = NA), "\n", sep = "")
started <- proc.time()[["elapsed"]]
sink(stderr())
model <- suppressWarnings(suppressMessages(stan_model(args[1])))
sink()
tell(list(compile = proc.time()[["elapsed"]] - started))
input <- file("stdin", "r")
while (length(line <- readLines(input, n = 1)) > 0) {
  order <- strsplit(line, " ")[[1]]
  draws <- as.integer(order[2])
  fit <- suppressWarnings(suppressMessages(sampling(
    model, data = data, chains = 4, iter = 2 * draws, warmup = draws, refresh = 0, seed = as.integer(order[1]), cores = 1
  )))
  x <- as.array(fit)
  x <- x[, , dimnames(x)$parameters != "lp__", drop = FALSE]
  names <- dimnames(x)$parameters
  # parameters × chains × draws, the last fastest
  writeBin(as.vector(x), order[3])
  times <- get_elapsed_time(fit)
  steps <- get_sampler_params(fit, inc_warmup = FALSE)
  tell(list(
    names = names, warmup = sum(times[, "warmup"]), sampling = sum(times[, "sample"]),
    leapfrogs = sum(sapply(steps, function(s) sum(s[, "n_leapfrog__"]))),
    divergences = sum(sapply(steps, function(s) sum(s[, "divergent__"])))
  ))
}
