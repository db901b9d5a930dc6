module pollux/bench

go 1.19
