module waybill

go 1.19
